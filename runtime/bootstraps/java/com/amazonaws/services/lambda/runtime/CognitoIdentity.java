package com.amazonaws.services.lambda.runtime;

/** Whom Cognito has identified. */
public interface CognitoIdentity {
    String getIdentityId();

    String getIdentityPoolId();
}
