package io.chapar.broker.peer;

import io.chapar.broker.peer.Peers.Lost;
import io.chapar.broker.peer.Peers.Unsent;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.TreeSet;

/// The questions of one link that have not ended. Each ends once: answered, declined, when its deadline comes, or with
/// the link.
///
/// ```
/// ask --> waiting --handed to the line--> under way --answer, declined--> ended
///            |                                |
///            +-- deadline, link ends: Unsent  +-- deadline, link ends: Lost
/// ```
/// Heartbeats go before all that waits, and are let in where nothing else is.
///
/// Owned by the link's loop. Times are that loop's, in milliseconds.
final class Questions {
    /// That have not ended; others are not taken.
    static final int MOST = 1_024;
    /// The same in bytes.
    static final int MOST_BYTES = 8 << 20;
    /// Urgent ones beside them.
    static final int MOST_URGENT = 16;
    private static final int LEFT_AT = 1 + Integer.BYTES;

    /// One that has not ended.
    static final class Question {
        private final int id;
        private final Ask ask;
        private final boolean urgent;
        private final long deadlineMs;
        private final int bytes;
        /// Null once it is handed to the line.
        private @Nullable ByteBuffer frame;

        private Question(int id, Ask ask, long deadlineMs, ByteBuffer frame) {
            this.id = id;
            this.ask = ask;
            this.urgent = ask.isUrgent();
            this.deadlineMs = deadlineMs;
            this.frame = frame;
            this.bytes = frame.remaining();
        }

        Ask ask() {
            return ask;
        }

        /// Without an answer.
        void end(String why) {
            if (frame == null) {
                ask.lost(new Lost(why));
            } else {
                ask.unsent(new Unsent(why));
            }
        }
    }

    private final String name;
    private final int mostFrameBytes;
    private final Map<Integer, Question> open = new LinkedHashMap<>();
    private final TreeSet<Question> byDeadline = new TreeSet<>(
            Comparator.<Question>comparingLong(one -> one.deadlineMs).thenComparingInt(one -> one.id));
    private final SequencedSet<Question> urgent = new LinkedHashSet<>();
    private final SequencedSet<Question> ordinary = new LinkedHashSet<>();
    private int openUrgent;
    private int openBytes;
    private int nextId;

    /// @param name of the other broker, for people
    Questions(String name, int mostFrameBytes) {
        this.name = name;
        this.mostFrameBytes = mostFrameBytes;
    }

    /// Takes a question in; nobody is told anything by this.
    ///
    /// @return why it was not taken; null when it was
    @Nullable Unsent ask(Ask ask, long deadlineMs, long nowMs) {
        boolean isUrgent = ask.isUrgent();
        if (deadlineMs <= nowMs) {
            return new Unsent("no time was left to ask " + name);
        }
        if (isUrgent ? openUrgent >= MOST_URGENT : open.size() - openUrgent >= MOST || openBytes >= MOST_BYTES) {
            return new Unsent(name + " has " + open.size() + " questions to answer already");
        }
        ByteBuffer frame = ask.frame(nextId);
        int mostBytes = ask.mostBytes(mostFrameBytes);
        if (frame.remaining() > mostBytes) {
            return new Unsent("a question of " + frame.remaining() + " bytes, where " + mostBytes + " may be");
        }
        Question question = new Question(nextId++, ask, deadlineMs, frame);
        open.put(question.id, question);
        byDeadline.add(question);
        openBytes += question.bytes;
        if (isUrgent) {
            openUrgent++;
        }
        (isUrgent ? urgent : ordinary).add(question);
        return null;
    }

    /// The frame to be handed to the line next; null when none waits.
    @Nullable ByteBuffer next(long nowMs) {
        SequencedSet<Question> lane = urgent.isEmpty() ? ordinary : urgent;
        if (lane.isEmpty()) {
            return null;
        }
        Question question = lane.removeFirst();
        ByteBuffer frame = question.frame;
        question.frame = null;
        long leftMs = Math.clamp(question.deadlineMs - nowMs, 0, Integer.MAX_VALUE);
        return frame == null ? null : frame.putInt(frame.position() + LEFT_AT, (int) leftMs);
    }

    /// The one that is answered, which is not open any more; null for one that has ended before.
    ///
    /// @return null as well where it was never asked: [#wasAsked] tells
    @Nullable Question answered(int id) {
        Question question = open.get(id);
        if (question == null || question.frame != null) {
            return null;
        }
        remove(question);
        return question;
    }

    /// Whether a question with this id left here, lately.
    boolean wasAsked(int id) {
        int behind = nextId - id;
        Question question = open.get(id);
        return behind > 0 && (question == null || question.frame == null);
    }

    private void remove(Question question) {
        open.remove(question.id);
        byDeadline.remove(question);
        urgent.remove(question);
        ordinary.remove(question);
        openBytes -= question.bytes;
        if (question.urgent) {
            openUrgent--;
        }
    }

    /// Those whose time is over, which are not open any more.
    List<Question> overdue(long nowMs) {
        List<Question> over = new ArrayList<>();
        while (!byDeadline.isEmpty() && byDeadline.first().deadlineMs <= nowMs) {
            Question question = byDeadline.first();
            remove(question);
            over.add(question);
        }
        return over;
    }

    /// All, which are not open any more.
    List<Question> endAll() {
        List<Question> all = List.copyOf(open.values());
        open.clear();
        byDeadline.clear();
        urgent.clear();
        ordinary.clear();
        openBytes = 0;
        openUrgent = 0;
        return all;
    }

    /// When the first one's time is over; [Long#MAX_VALUE] without any.
    long nextMs() {
        return byDeadline.isEmpty() ? Long.MAX_VALUE : byDeadline.first().deadlineMs;
    }

    int size() {
        return open.size();
    }
}
