# Runs a Ruby function: loads its handler, then asks the Lambda Runtime API for events until it is killed.
# It never talks to anything but the Runtime API named in AWS_LAMBDA_RUNTIME_API.

require 'json'
require 'logger'
require 'socket'
require 'stringio'

$stdout.sync = true
$stderr.sync = true

# All of ours but what handlers are given, so that nothing of theirs has the same name.
module CloudletRuntime
  BASE = '/2018-06-01/runtime'.freeze
  IS_JSON = ENV['AWS_LAMBDA_LOG_FORMAT'] == 'JSON'
  CONTENT_TYPE = { 'Content-Type' => 'application/json' }.freeze
  class << self
    attr_accessor :request_id
  end

  # One kept-alive connection to the Runtime API: Ruby's own client of HTTP takes longer to load than this one to write.
  class Api
    def initialize(address)
      @address = address
      host, _, port = address.rpartition(':')
      @socket = TCPSocket.new(host, Integer(port))
      @socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
    end

    # Headers, by lower-case names, and the body.
    def call(method, path, body = '', headers = {})
      headers = { 'Host' => @address, 'Content-Length' => body.bytesize }.merge(headers)
      head = headers.map { |name, value| "#{name}: #{value}\r\n" }.join
      @socket.write("#{method} #{BASE}#{path} HTTP/1.1\r\n#{head}\r\n".b + body.b)
      line
      answer = {}
      until (header = line).empty?
        name, value = header.split(':', 2)
        answer[name.downcase] = value.strip
      end
      [answer, read_body(answer)]
    end

    # Tells a failure: of the initialisation, or of an event.
    def fail(id, document)
      headers = CONTENT_TYPE.merge('Lambda-Runtime-Function-Error-Type' => document[:errorType])
      call('POST', id ? "/invocation/#{id}/error" : '/init/error', JSON.generate(document), headers)
    end

    private

    def read_body(headers)
      return exactly(headers['content-length'].to_i) unless headers['transfer-encoding'] == 'chunked'

      whole = ''.b
      loop do
        chunk = exactly(line.to_i(16))
        line
        return whole if chunk.empty?

        whole << chunk
      end
    end

    def exactly(length)
      bytes = length.zero? ? ''.b : @socket.read(length)
      raise EOFError, 'the Runtime API has gone' if bytes.nil? || bytes.bytesize < length

      bytes
    end

    def line
      text = @socket.gets("\n") or raise EOFError, 'the Runtime API has gone'
      text.chomp.force_encoding(Encoding::UTF_8)
    end
  end

  # The function that `file.method` or `file.Class.method` names.
  class Handler
    def initialize(name)
      parts = name.split('.')
      unless [2, 3].include?(parts.size)
        raise ArgumentError, "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD where " \
                             'FILENAME corresponds with an existing Ruby source file FILENAME.rb, CLASS is an optional ' \
                             'module/class namespace and METHOD is a callable method. If using CLASS, METHOD must be a ' \
                             'class-level method.'
      end
      file, *@owner, @method = parts
      require file
    end

    def answer(event, context)
      result =
        if @owner.empty?
          TOPLEVEL_BINDING.receiver.__send__(@method, event: event, context: context)
        else
          Kernel.const_get(@owner.first).send(@method, event: event, context: context)
        end
      case result
      when StringIO, IO then [result.read, 'application/unknown']
      else [result.to_json, 'application/json']
      end
    end
  end

  # Lines of loggers that write to the function's output.
  class Lines < ::Logger::Formatter
    def call(severity, time, progname, message)
      return "#{JSON.generate(document(severity, time, progname, message))}\n" if IS_JSON

      id = CloudletRuntime.request_id
      text = format('%s, [%s #%d] %5s %s -- %s: %s', severity[0], format_datetime(time), Process.pid, severity, id,
                    progname, msg2str(message))
      # Carriage returns keep a message in one log event.
      "#{text.tr("\n", "\r")}\n"
    end

    private

    def document(severity, time, progname, message)
      failed = message.is_a?(Exception)
      line = { timestamp: time.utc.strftime('%Y-%m-%dT%H:%M:%S.%6NZ'), level: severity,
               message: failed ? message.message : msg2str(message), requestId: CloudletRuntime.request_id }
      line[:logger] = progname if progname
      if failed
        line.update(errorType: message.class.to_s, errorMessage: message.message, stackTrace: message.backtrace.to_a)
      end
      line.compact
    end
  end

  # Loggers of the function's output have its lines, and its level.
  module Logging
    LEVELS = { 'TRACE' => 'DEBUG' }.freeze

    def initialize(device = nil, *rest, **options)
      if device.equal?($stdout) || device.equal?($stderr)
        level = ENV['AWS_LAMBDA_LOG_LEVEL']
        options = { formatter: Lines.new, **options }
        options = { level: LEVELS.fetch(level, level).downcase, **options } if IS_JSON && level
      end
      super(device, *rest, **options)
    end
  end
  ::Logger.prepend(Logging)

  def self.describe(error, phase)
    frames = error.backtrace.to_a.take_while { |line| !line.start_with?("#{__FILE__}:") && !line.start_with?("<internal:#{__FILE__}") }
    { errorMessage: error.message.dup.force_encoding(Encoding::UTF_8).scrub, errorType: "#{phase}<#{error.class}>",
      stackTrace: frames.first(100) }
  end

  def self.log(message, document)
    if IS_JSON
      moment = Time.now.utc.strftime('%Y-%m-%dT%H:%M:%S.%6NZ')
      $stdout.write("#{JSON.generate({ timestamp: moment, level: 'ERROR', message: message, requestId: request_id, **document }.compact)}\n")
    else
      $stdout.write("#{message}\r#{JSON.pretty_generate(document).tr("\n", "\r")}\n")
    end
  end

  def self.load(api)
    Handler.new(ENV.fetch('_HANDLER'))
  rescue Exception => e # Whatever a file that is loaded may raise.
    document = describe(e, 'Init')
    log("Init error when loading handler #{ENV['_HANDLER']}", document)
    api.fail(nil, document)
    exit!(1)
  end

  def self.serve(api, handler)
    headers, body = api.call('GET', '/invocation/next')
    id = self.request_id = headers['lambda-runtime-aws-request-id']
    ENV['_X_AMZN_TRACE_ID'] = headers['lambda-runtime-trace-id']
    result, type = handler.answer(JSON.parse(body.force_encoding(Encoding::UTF_8)), LambdaContext.new(headers))
    api.call('POST', "/invocation/#{id}/response", result, { 'Content-Type' => type })
  rescue EOFError, SystemCallError
    # The server's end, unless it was the function's own.
    raise if id.nil?

    tell(api, id, $!, 'Error raised from handler method')
  rescue StandardError => e
    tell(api, id, e, 'Error raised from handler method')
  rescue Exception => e # What ends a process ends this one, when it has been told.
    tell(api, id, e, 'Critical exception from handler')
    exit!(e.is_a?(SystemExit) ? e.status : 1)
  end

  def self.tell(api, id, error, message)
    document = describe(error, 'Function')
    log(message, document)
    api.fail(id, document)
  end

  def self.run
    api = Api.new(ENV.fetch('AWS_LAMBDA_RUNTIME_API'))
    $LOAD_PATH.unshift(ENV.fetch('LAMBDA_TASK_ROOT'))
    handler = load(api)
    loop { serve(api, handler) }
  end
end

# What a handler gets as `context`.
class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name,
              :memory_limit_in_mb, :function_version, :identity, :client_context, :deadline_ms

  def initialize(headers)
    told = ->(name) { headers["lambda-runtime-#{name}"] }
    @aws_request_id = told['aws-request-id']
    @invoked_function_arn = told['invoked-function-arn']
    @deadline_ms = told['deadline-ms'].to_i
    @log_group_name = ENV['AWS_LAMBDA_LOG_GROUP_NAME']
    @log_stream_name = ENV['AWS_LAMBDA_LOG_STREAM_NAME']
    @function_name = ENV['AWS_LAMBDA_FUNCTION_NAME']
    @memory_limit_in_mb = ENV['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']
    @function_version = ENV['AWS_LAMBDA_FUNCTION_VERSION']
    @identity = JSON.parse(told['cognito-identity']) if told['cognito-identity']
    @client_context = JSON.parse(told['client-context']) if told['client-context']
  end

  def get_remaining_time_in_millis
    [@deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond), 0].max
  end
end

CloudletRuntime.run
