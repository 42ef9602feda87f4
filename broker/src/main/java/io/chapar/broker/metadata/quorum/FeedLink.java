package io.chapar.broker.metadata.quorum;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// Lets a broker that does not vote ask voters for metadata.
public interface FeedLink {
    /// @param voter whose [QuorumMetadataLog#fed] is to answer
    /// @param answered told once, on the loop given, and not much later than `withinMs` from now; null when there is no
    ///        answer. Never within the call
    void ask(int voter, ByteBuffer ask, long withinMs, Loop replyOn, Consumer<@Nullable ByteBuffer> answered);
}
