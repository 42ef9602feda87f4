package io.chapar.broker.liveness;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/// How a life of a broker gets into the image of its cluster. It asks for as long as it takes: nobody may decide yet,
/// or another life may still be in session. It ends where the cluster has levels of features that this broker cannot
/// do, since no asking changes that.
///
/// Of the loop that is given.
public final class Registering {
    private static final Logger LOG = LoggerFactory.getLogger(Registering.class);
    static final long AGAIN_MS = 200;

    private final MetadataLog log;
    private final Loop loop;
    private final RegisterBroker wish;
    private final CompletableFuture<BrokerImage> done = new CompletableFuture<>();
    /// Why not, as it was last said.
    private String notYet = "";

    private Registering(MetadataLog log, Loop loop, RegisterBroker wish) {
        this.log = log;
        this.loop = loop;
        this.wish = wish;
    }

    /// Fails with an [IOException] that says why this broker cannot be one of the cluster. Cancelled it asks no more.
    public static CompletableFuture<BrokerImage> begin(MetadataLog log, Loop loop, RegisterBroker wish) {
        Registering registering = new Registering(log, loop, wish);
        loop.run(registering::ask);
        return registering.done;
    }

    private void ask() {
        if (!done.isDone()) {
            log.propose(wish, loop, how -> {
                switch (how) {
                    case Committed<BrokerImage>(BrokerImage self) -> done.complete(self);
                    case NotCommitted<BrokerImage> not -> notDone(not);
                }
            });
        }
    }

    private void notDone(NotCommitted<BrokerImage> not) {
        if (not.error() == ErrorCode.UNSUPPORTED_VERSION) {
            done.completeExceptionally(new IOException(not.reason()));
            return;
        }
        if (!not.reason().equals(notYet)) {
            notYet = not.reason();
            LOG.info("Not registered yet: {}", notYet);
        }
        loop.schedule(AGAIN_MS, this::ask);
    }
}
