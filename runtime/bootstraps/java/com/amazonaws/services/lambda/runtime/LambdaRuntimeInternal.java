package com.amazonaws.services.lambda.runtime;

/** Told by appenders of Log4j that they want the request's id. */
public final class LambdaRuntimeInternal {
    private static boolean useLog4jAppender;

    private LambdaRuntimeInternal() {}

    public static void setUseLog4jAppender(boolean wanted) {
        useLog4jAppender = wanted;
    }

    public static boolean getUseLog4jAppender() {
        return useLog4jAppender;
    }
}
