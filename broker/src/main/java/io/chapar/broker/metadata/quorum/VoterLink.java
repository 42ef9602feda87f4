package io.chapar.broker.metadata.quorum;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// Lets voters say to each other who they are, before they are a quorum.
public interface VoterLink {
    /// @param node of the other voter, where what is said goes to [QuorumFounding#heard]
    /// @param answered told once, on the loop given, and not much later than `withinMs` from now; null when there is no
    ///        answer
    void say(int node, ByteBuffer said, long withinMs, Loop replyOn, Consumer<@Nullable ByteBuffer> answered);
}
