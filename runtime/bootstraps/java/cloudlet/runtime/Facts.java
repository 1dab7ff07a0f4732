package cloudlet.runtime;

import com.amazonaws.services.lambda.runtime.Client;
import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.util.HashMap;
import java.util.Map;

/** What handlers are told of an invocation. */
final class Facts implements Context {
    private final RuntimeApi.Answer answer;
    private final LambdaLogger log;

    Facts(RuntimeApi.Answer answer, LambdaLogger log) {
        this.answer = answer;
        this.log = log;
    }

    @Override
    public String getAwsRequestId() {
        return answer.header("aws-request-id");
    }

    @Override
    public String getLogGroupName() {
        return System.getenv("AWS_LAMBDA_LOG_GROUP_NAME");
    }

    @Override
    public String getLogStreamName() {
        return System.getenv("AWS_LAMBDA_LOG_STREAM_NAME");
    }

    @Override
    public String getFunctionName() {
        return System.getenv("AWS_LAMBDA_FUNCTION_NAME");
    }

    @Override
    public String getFunctionVersion() {
        return System.getenv("AWS_LAMBDA_FUNCTION_VERSION");
    }

    @Override
    public String getInvokedFunctionArn() {
        return answer.header("invoked-function-arn");
    }

    @Override
    public String getXrayTraceId() {
        return answer.header("trace-id");
    }

    @Override
    public int getMemoryLimitInMB() {
        return Integer.parseInt(System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    }

    @Override
    public int getRemainingTimeInMillis() {
        return (int) Math.max(0, Long.parseLong(answer.header("deadline-ms")) - System.currentTimeMillis());
    }

    @Override
    public LambdaLogger getLogger() {
        return log;
    }

    @Override
    public CognitoIdentity getIdentity() {
        Map<?, ?> facts = object(answer.header("cognito-identity"));
        return new CognitoIdentity() {
            @Override
            public String getIdentityId() {
                return text(facts, "cognitoIdentityId");
            }

            @Override
            public String getIdentityPoolId() {
                return text(facts, "cognitoIdentityPoolId");
            }
        };
    }

    @Override
    public ClientContext getClientContext() {
        String header = answer.header("client-context");
        if (header == null || header.isEmpty()) return null;
        Map<?, ?> facts = object(header);
        return new ClientContext() {
            @Override
            public Client getClient() {
                return facts.get("client") instanceof Map ? new App((Map<?, ?>) facts.get("client")) : null;
            }

            @Override
            public Map<String, String> getCustom() {
                return texts(facts.get("custom"));
            }

            @Override
            public Map<String, String> getEnvironment() {
                return texts(facts.get("env"));
            }
        };
    }

    private static final class App implements Client {
        private final Map<?, ?> facts;

        App(Map<?, ?> facts) {
            this.facts = facts;
        }

        @Override
        public String getInstallationId() {
            return text(facts, "installation_id");
        }

        @Override
        public String getAppTitle() {
            return text(facts, "app_title");
        }

        @Override
        public String getAppVersionName() {
            return text(facts, "app_version_name");
        }

        @Override
        public String getAppVersionCode() {
            return text(facts, "app_version_code");
        }

        @Override
        public String getAppPackageName() {
            return text(facts, "app_package_name");
        }
    }

    private static Map<?, ?> object(String json) {
        Object value = json == null || json.isEmpty() ? null : Json.parse(json);
        return value instanceof Map ? (Map<?, ?>) value : new HashMap<>();
    }

    private static String text(Map<?, ?> facts, String name) {
        return facts.get(name) == null ? null : facts.get(name).toString();
    }

    private static Map<String, String> texts(Object value) {
        if (!(value instanceof Map)) return null;
        Map<String, String> texts = new HashMap<>();
        ((Map<?, ?>) value).forEach((name, each) -> texts.put(name.toString(), each == null ? null : each.toString()));
        return texts;
    }
}
