package io.chapar.broker.peer;

import io.chapar.broker.peer.Peers.Answered;
import io.chapar.broker.peer.Peers.Asked;
import io.chapar.broker.peer.Peers.Lost;
import io.chapar.broker.peer.Peers.Unsent;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.Request;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/// What is asked on a link, and who is told how it ended.
sealed interface Ask {

    /// Whether it goes before what is not, and is let in where nothing else is.
    boolean isUrgent();

    /// Without the time that is left.
    ByteBuffer frame(int id);

    /// That the frame may have.
    ///
    /// @param mostQuestionBytes of the link
    int mostBytes(int mostQuestionBytes);

    void unsent(Unsent how);

    void lost(Lost how);

    /// Reads its answer; what it gives tells whoever asked. Throws [MalformedMessageException] for an answer to
    /// something else, or to nothing.
    ///
    /// @param frame valid until this returns
    /// @param mostElements that the answer may have
    Runnable answer(byte kind, ByteBuffer frame, int mostElements);

    /// A request of Kafka's.
    ///
    /// @param image as [LinkFrames.Asked]
    record OfKafka(ApiKey api, Request request, short version, long image, Consumer<Asked> done) implements Ask {
        @Override
        public boolean isUrgent() {
            return request instanceof BrokerHeartbeatRequest;
        }

        @Override
        public ByteBuffer frame(int id) {
            return LinkFrames.question(id, 0, api, version, image, request).getFirst();
        }

        @Override
        public int mostBytes(int mostQuestionBytes) {
            return mostQuestionBytes;
        }

        @Override
        public void unsent(Unsent how) {
            done.accept(how);
        }

        @Override
        public void lost(Lost how) {
            done.accept(how);
        }

        /// From bytes of its own: it may be kept.
        @Override
        public Runnable answer(byte kind, ByteBuffer frame, int mostElements) {
            if (kind != LinkFrames.ANSWER) {
                throw new MalformedMessageException("bytes as the answer to " + api);
            }
            Answered answered = new Answered(LinkFrames.readAnswer(
                    ByteBuffer.wrap(LinkFrames.rest(frame.duplicate())), api, version, mostElements));
            return () -> done.accept(answered);
        }
    }

    /// One of the others.
    ///
    /// @param bytes that stay as they are until it has left
    record InBytes(Matter matter, ByteBuffer bytes, Consumer<Matter.Ended> done) implements Ask {
        @Override
        public boolean isUrgent() {
            return false;
        }

        @Override
        public ByteBuffer frame(int id) {
            return LinkFrames.inBytes(matter, id, bytes);
        }

        @Override
        public int mostBytes(int mostQuestionBytes) {
            return LinkFrames.IN_BYTES_HEAD + matter.mostBytes();
        }

        @Override
        public void unsent(Unsent how) {
            done.accept(how);
        }

        @Override
        public void lost(Lost how) {
            done.accept(how);
        }

        @Override
        public Runnable answer(byte kind, ByteBuffer frame, int mostElements) {
            if (kind != LinkFrames.TOLD) {
                throw new MalformedMessageException("an answer of Kafka's to a " + matter);
            }
            ByteBuffer told = LinkFrames.readTold(frame);
            if (told.remaining() > matter.mostBytes()) {
                throw new MalformedMessageException("an answer of " + told.remaining() + " bytes to a " + matter);
            }
            return () -> done.accept(new Matter.Told(told));
        }
    }
}
