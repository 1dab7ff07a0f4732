package com.amazonaws.services.lambda.runtime;

/** The mobile application that a call comes from. */
public interface Client {
    String getInstallationId();

    String getAppTitle();

    String getAppVersionName();

    String getAppVersionCode();

    String getAppPackageName();
}
