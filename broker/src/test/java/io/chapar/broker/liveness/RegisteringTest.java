package io.chapar.broker.liveness;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.FeatureRange;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.SharedMetadata;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker registers with a controller that has something against it, for a while or for good.
class RegisteringTest {
    private final ManualLoop loop = new ManualLoop();
    private final SharedMetadata metadata = new SharedMetadata(new Random(1), 0, TopicConfig::problem);
    private final SharedMetadata.View view = metadata.open(loop);
    private final BrokerSessions controller = new BrokerSessions(view, loop, 2_000);
    private final Gated gated = new Gated();

    /// The controller looks at each wish first, as the log of a quorum lets it.
    private final class Gated implements MetadataLog {
        private int asked;

        @Override
        public ClusterImage image() {
            return view.image();
        }

        @Override
        public <R> void propose(
                MetadataCommand<R> command, long deadlineMs, Loop replyOn, Consumer<Proposed<R>> done) {
            asked++;
            Refused<?> refused = controller.refusal(command);
            if (refused == null) {
                view.propose(command, deadlineMs, replyOn, done);
            } else {
                replyOn.execute(() -> done.accept(new Refused<>(refused.error(), refused.reason())));
            }
        }

        @Override
        public void onChange(ChangeListener listener) {
            view.onChange(listener);
        }

        @Override
        public String trouble() {
            return view.trouble();
        }
    }

    private static RegisterBroker wish(int node, int life, int lowest, int highest) {
        Map<String, FeatureRange> ranges = Map.of("metadata.version", FeatureRange.of(lowest, highest));
        return new RegisterBroker(Registration.alone(node, new UUID(node, life), new TreeMap<>(ranges)),
                new TreeMap<>(Map.of("metadata.version", (short) 30)), false);
    }

    private CompletableFuture<BrokerImage> begin(RegisterBroker wish) {
        CompletableFuture<BrokerImage> registered = Registering.begin(gated, loop, wish);
        loop.runAll();
        return registered;
    }

    @Test
    void itAsksUntilSomebodyDecides() throws Exception {
        CompletableFuture<BrokerImage> registered = begin(wish(1, 1, 7, 30));
        loop.advance(10 * Registering.AGAIN_MS);
        assertFalse(registered.isDone());
        assertEquals(11, gated.asked);
        controller.role(new QuorumRole.Controls());
        loop.advance(Registering.AGAIN_MS);
        assertEquals(view.image().brokers().get(1), registered.get());
    }

    @Test
    void whatTheClusterIsAtAndThisBrokerCannotDoEndsIt() throws Exception {
        controller.role(new QuorumRole.Controls());
        begin(wish(1, 1, 7, 30)).get();
        CompletableFuture<BrokerImage> registered = begin(wish(2, 1, 7, 29));
        assertTrue(registered.isDone());
        ExecutionException failed = assertThrows(ExecutionException.class, registered::get);
        String why = assertInstanceOf(IOException.class, failed.getCause()).getMessage();
        assertTrue(why.contains("level 30") && why.contains("broker 2") && why.contains("another release"), why);
        int asked = gated.asked;
        loop.advance(60_000);
        assertEquals(asked, gated.asked, "no asking changes that");
        assertEquals(List.of(1), List.copyOf(view.image().brokers().keySet()));
    }

    @Test
    void whoeverGivesUpAsksNoMore() {
        CompletableFuture<BrokerImage> registered = begin(wish(1, 1, 7, 30));
        registered.cancel(false);
        loop.advance(60_000);
        assertEquals(1, gated.asked);
        assertEquals(ErrorCode.NOT_CONTROLLER, controller.refusal(wish(1, 1, 7, 30)).error());
    }
}
