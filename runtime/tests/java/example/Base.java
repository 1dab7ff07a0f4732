package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;

/** Between the handler and its interface. */
public abstract class Base<I, O> implements RequestHandler<I, O> {
    protected abstract O work(I event);

    @Override
    public O handleRequest(I event, Context context) {
        return work(event);
    }
}
