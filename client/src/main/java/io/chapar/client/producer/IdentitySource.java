package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.Disposition;
import io.chapar.client.FatalException;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Transport;

import java.util.function.Consumer;

/// Fetches a producer id for an idempotent producer without transactions, from any broker, until one gives it. On the
/// loop only.
final class IdentitySource {
    sealed interface Result {
        record Given(Identity identity) implements Result {
        }

        record Denied(ChaparException cause) implements Result {
        }
    }

    private final ClientLoop loop;
    private final Transport transport;
    private final Metadata metadata;
    private final ClientConfig config;
    private final Backoff backoff;
    private boolean asking;
    private int failures;

    IdentitySource(ClientLoop loop, Transport transport, Metadata metadata, ClientConfig config, Backoff backoff) {
        this.loop = loop;
        this.transport = transport;
        this.metadata = metadata;
        this.config = config;
        this.backoff = backoff;
    }

    /// Does nothing while an earlier request is still open.
    void request(Consumer<Result> done) {
        if (!asking) {
            asking = true;
            failures = 0;
            ask(done);
        }
    }

    private void ask(Consumer<Result> done) {
        InitProducerIdRequest request = InitProducerIdRequest.builder()
                .transactionalId(null)
                .transactionTimeoutMs(Integer.MAX_VALUE)
                .build();
        transport.send(metadata.anyNode(), Call.of(request, config.requestTimeoutMs()), outcome -> {
            switch (outcome) {
                case CallResult.Answered(InitProducerIdResponse response, short version) ->
                    onAnswer(response, done);
                case CallResult.NoAnswer(CallResult.Reason reason, String detail)
                        when reason == CallResult.Reason.UNSUPPORTED_VERSION ->
                    end(done, new Result.Denied(new FatalException(ErrorCode.UNSUPPORTED_VERSION, detail)));
                case CallResult.Answered _, CallResult.Written _ -> again(done);
                case CallResult.NoAnswer none -> again(done);
            }
        });
    }

    private void onAnswer(InitProducerIdResponse response, Consumer<Result> done) {
        ErrorCode error = ErrorCode.of(response.errorCode());
        if (error == ErrorCode.NONE) {
            end(done, new Result.Given(new Identity(response.producerId(), response.producerEpoch())));
        } else if (Disposition.of(error).mayRetry()) {
            again(done);
        } else {
            end(done, new Result.Denied(Disposition.exception(error, "No producer id",
                    error == ErrorCode.POLICY_VIOLATION ? "this address was given as many within an hour as it may"
                            + " (producer.ids.per.client.hour of the broker)" : null)));
        }
    }

    private void again(Consumer<Result> done) {
        failures++;
        loop.schedule(backoff.delayMs(failures), () -> ask(done));
    }

    private void end(Consumer<Result> done, Result result) {
        asking = false;
        done.accept(result);
    }
}
