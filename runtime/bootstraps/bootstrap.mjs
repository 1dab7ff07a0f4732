// Runs a Node.js function: loads its handler, then asks the Lambda Runtime API for events until it is killed.
// It never talks to anything but the Runtime API named in AWS_LAMBDA_RUNTIME_API.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import stream from 'node:stream';
import util from 'node:util';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const API = '/2018-06-01/runtime';
const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const taskRoot = process.env.LAMBDA_TASK_ROOT;
let requestId = '';

// A failure of ours to run the handler, with the type that Lambda gives it.
class Fault extends Error {
  constructor(name, message, cause) {
    super(message);
    this.name = name;
    this.trace = cause?.stack?.split('\n');
  }
}

function call(method, route, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const options = { hostname, port, agent, method, path: API + route, headers: { ...headers, ...length } };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

const postError = (route, document) =>
  call('POST', route, JSON.stringify(document), {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Function-Error-Type': document.errorType,
  });

const isJson = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const lowest = LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL);

function writeJson(level, values) {
  if (LEVELS.indexOf(level) < lowest) return;
  const [first] = values;
  const isAlone = values.length === 1 && typeof first === 'object' && first !== null && !(first instanceof Error);
  const line = { timestamp: new Date().toISOString(), level, requestId, message: isAlone ? first : util.format(...values) };
  const error = values.find((value) => value instanceof Error);
  if (error) {
    Object.assign(line, { errorType: error.name, errorMessage: error.message, stackTrace: (error.stack ?? '').split('\n') });
  }
  let text;
  try {
    text = JSON.stringify(line);
  } catch {
    text = JSON.stringify({ ...line, message: util.inspect(first) });
  }
  fs.writeSync(1, text + '\n');
}

function write(level, message) {
  if (isJson) return writeJson(level, [message]);
  const line = `${new Date().toISOString()}\t${requestId || 'undefined'}\t${level}\t${message}`;
  // Carriage returns keep a message in one log event.
  fs.writeSync(1, line.replace(/\n/g, '\r') + '\n');
}

for (const [method, level] of Object.entries(
  { log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', debug: 'DEBUG', trace: 'TRACE' })) {
  console[method] = isJson
    ? (...values) => writeJson(level, values)
    : (...values) => write(level, util.format(...values));
}

function describe(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: error.name || 'Error',
    errorMessage: error.message,
    trace: error.trace ?? (error.stack || '').split('\n'),
  };
}

function isModule(file) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (fs.existsSync(manifest)) return JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module';
    if (folder === taskRoot || folder === path.dirname(folder)) return false;
  }
}

async function loadModule(name) {
  const base = path.resolve(taskRoot, name);
  const file = ['', '.js', '.mjs', '.cjs'].map((end) => base + end)
    .find((candidate) => fs.statSync(candidate, { throwIfNoEntry: false })?.isFile());
  try {
    if (file && isModule(file)) return await import(pathToFileURL(file).href);
    return createRequire(path.join(taskRoot, 'package.json'))(file ?? base);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault('Runtime.UserCodeSyntaxError', String(error), error);
    if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND') {
      const message = file ? String(error) : `Error: Cannot find module '${name}'\nRequire stack:\n- ${import.meta.filename ?? '/var/runtime/bootstrap.mjs'}`;
      throw new Fault('Runtime.ImportModuleError', message, error);
    }
    throw error;
  }
}

async function load(name) {
  const folder = path.dirname(name);
  const parts = /^([^.]*)\.(.+)$/.exec(path.basename(name));
  if (!parts || name.includes('..')) throw new Fault('Runtime.MalformedHandlerName', 'Bad handler');
  const module = await loadModule(path.join(folder, parts[1]));
  const find = (from) => parts[2].split('.').reduce((value, key) => value?.[key], from);
  const handler = find(module) ?? find(module.default);
  if (handler === undefined) throw new Fault('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw new Fault('Runtime.HandlerNotFound', `${name} is not a function`);
  return handler;
}

function makeContext(headers, done) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const parse = (text) => (text ? JSON.parse(text) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parse(headers['lambda-runtime-client-context']),
    identity: parse(headers['lambda-runtime-cognito-identity']),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done,
    succeed: (result) => done(null, result),
    fail: (error) => done(error ?? new Error('null')),
  };
}

// What to do when nothing is left to do but the event in work has no answer yet.
let whenIdle;
process.on('beforeExit', () => whenIdle?.());

const AsyncFunction = (async () => {}).constructor;

// Resolves with the handler's result, whichever of its three styles it has. A result given to the callback waits until
// nothing else is left to do, unless the handler says otherwise.
function run(handler, event, headers) {
  return new Promise((resolve, reject) => {
    const settle = (error, result) => (error === null || error === undefined ? resolve(result) : reject(error));
    const unsettled = () => reject(new Fault('Runtime.NodeJsExit',
      'The Lambda runtime client detected an unexpected Node.js exit code. '
      + 'This is most commonly caused by a Promise that was never settled.'));
    whenIdle = handler instanceof AsyncFunction ? unsettled : () => resolve(null);
    const context = makeContext(headers, settle);
    const callback = (error, result) => {
      const failed = error !== null && error !== undefined;
      if (failed || !context.callbackWaitsForEmptyEventLoop) settle(error, result);
      else whenIdle = () => resolve(result);
    };
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
  });
}

function parse(body) {
  try {
    return JSON.parse(body.toString());
  } catch (error) {
    throw new Fault('Runtime.UnmarshalError', String(error), error);
  }
}

// Marks handlers that stream their answer, as AWS's runtime does.
const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HTTP_ANSWER = 'application/vnd.awslambda.http-integration-response';

// The answer of a handler that streams. Nothing is sent before its first bytes, so that a failure before them is a plain one.
class ResponseStream extends stream.Writable {
  contentType = 'application/octet-stream';
  prelude;

  constructor(route) {
    super();
    this.route = route;
  }

  setContentType(contentType) {
    this.contentType = contentType;
  }

  begin() {
    if (this.request) return;
    const headers = {
      'Content-Type': this.contentType,
      'Lambda-Runtime-Function-Response-Mode': 'streaming',
      'Transfer-Encoding': 'chunked',
      Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    };
    const options = { hostname, port, agent, method: 'POST', path: `${API}${this.route}/response`, headers };
    this.request = http.request(options);
    this.answered = new Promise((resolve, reject) => {
      this.request.on('error', reject);
      this.request.on('response', (response) => response.resume().on('end', resolve).on('error', reject));
    });
    this.answered.catch((error) => this.destroy(error));
    if (this.prelude !== undefined) {
      this.request.write(this.prelude);
      this.request.write(new Uint8Array(8));
    }
  }

  write(chunk, ...more) {
    const raw = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(raw ? chunk : JSON.stringify(chunk), ...more);
  }

  _write(chunk, encoding, done) {
    this.begin();
    this.request.write(chunk, done);
  }

  _final(done) {
    this.begin();
    if (this.failure) {
      this.request.addTrailers({
        'Lambda-Runtime-Function-Error-Type': this.failure.errorType,
        'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(this.failure)).toString('base64'),
      });
    }
    this.request.end(done);
  }

  // Sends the rest, and behind it what failed, if anything did.
  async finish(failure) {
    this.failure = failure;
    if (!this.writableEnded) this.end();
    if (!this.writableFinished) await new Promise((resolve, reject) => this.on('finish', resolve).on('error', reject));
    await this.answered;
  }
}

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = 'response';
    if (options?.highWaterMark) handler.highWaterMark = options.highWaterMark;
    return handler;
  },
  HttpResponseStream: {
    from(response, metadata) {
      response.setContentType(HTTP_ANSWER);
      response.prelude = JSON.stringify(metadata);
      return response;
    },
  },
};

async function answerInPieces(handler, headers, body, route) {
  const response = new ResponseStream(route);
  try {
    const event = parse(body);
    await new Promise((resolve, reject) => {
      response.on('error', reject);
      whenIdle = () => reject(new Fault('Runtime.NodeJsExit', 'The stream of the response was never ended.'));
      const returned = handler(event, response, makeContext(headers, () => {}));
      if (typeof returned?.then !== 'function') {
        reject(new Fault('Runtime.HandlerError', 'Streaming does not support non-async handlers.'));
      } else {
        returned.then(resolve, reject);
      }
    });
    await response.finish();
  } catch (error) {
    if (!response.request || response.writableEnded) throw error;
    const document = describe(error);
    write('ERROR', `Invoke Error \t${JSON.stringify(document)}`);
    await response.finish(document);
  }
}

async function answer(handler, headers, body) {
  const event = parse(body);
  const result = await run(handler, event, headers);
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch (error) {
    throw new Fault('Runtime.MarshalError', 'Unable to stringify response body as json', error);
  }
}

async function die(kind, error) {
  const document = { ...describe(error), ...(kind ? { errorType: kind } : {}) };
  write('ERROR', `${kind ?? 'Uncaught Exception'} \t${JSON.stringify(document)}`);
  await postError(requestId ? `/invocation/${requestId}/error` : '/init/error', document).catch(() => {});
  process.exit(129);
}

process.on('uncaughtException', (error) => die(undefined, error));
process.on('unhandledRejection', (error) => die('Runtime.UnhandledPromiseRejection', error));

async function main() {
  let handler;
  try {
    handler = await load(process.env._HANDLER);
  } catch (error) {
    const document = describe(error);
    write('ERROR', `Uncaught Exception \t${JSON.stringify(document)}`);
    await postError('/init/error', document);
    process.exit(1);
  }
  for (;;) {
    const { headers, body } = await call('GET', '/invocation/next');
    requestId = headers['lambda-runtime-aws-request-id'];
    if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    else delete process.env._X_AMZN_TRACE_ID;
    const route = `/invocation/${requestId}`;
    try {
      if (handler[STREAMING] === 'response') {
        await answerInPieces(handler, headers, body, route);
        whenIdle = undefined;
        continue;
      }
      const result = await answer(handler, headers, body);
      whenIdle = undefined;
      await call('POST', `${route}/response`, result, { 'Content-Type': 'application/json' });
    } catch (error) {
      whenIdle = undefined;
      const document = describe(error);
      write('ERROR', `Invoke Error \t${JSON.stringify(document)}`);
      await postError(`${route}/error`, document);
    }
  }
}

main();
