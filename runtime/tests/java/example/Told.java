package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.util.LinkedHashMap;
import java.util.Map;

/** Says and prints what it is told. */
public class Told implements RequestHandler<Map<String, Object>, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
        context.getLogger().log("by the context\nin two lines");
        LambdaRuntime.getLogger().log("of a level", LogLevel.WARN);
        System.out.println("printed, Zoë");
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("request", context.getAwsRequestId());
        told.put("arn", context.getInvokedFunctionArn());
        told.put("memory", context.getMemoryLimitInMB());
        told.put("group", context.getLogGroupName());
        told.put("inTime", context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 60_000);
        told.put("custom", context.getClientContext().getCustom());
        told.put("identity", context.getIdentity().getIdentityId());
        told.put("trace", System.getProperty("com.amazonaws.xray.traceHeader"));
        told.put("environment", System.getenv("AWS_EXECUTION_ENV"));
        return told;
    }
}
