package io.chapar.broker.metadata.quorum;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// Carries what the consensus library says from one voter to another, and nothing of anybody else's: whoever is heard
/// here has proven to be a broker of this cluster, as far as brokers have to. From any thread.
public interface ConsensusLink {
    /// Hears what other voters say. On any thread, which it must not hold.
    interface Hearing {
        /// Throws [IOException] when the bytes say nothing, or more is to be heard than there is room for: nothing was
        /// done then.
        ///
        /// @param node that the link proved
        /// @param answer called from any thread, once, or never
        void heard(int node, ByteBuffer said, Consumer<ByteBuffer> answer) throws IOException;
    }

    /// A voter is, or will be, spoken with, and this is where it stands in the list of voters.
    void knows(Voter other);

    /// @param answered told once, on any thread, which it must not hold, and not much later than `withinMs` from now;
    ///        null when there is no answer
    void call(int node, ByteBuffer said, long withinMs, Consumer<@Nullable ByteBuffer> answered);

    /// Who hears from now on; null for nobody.
    void hears(@Nullable Hearing hearing);
}
