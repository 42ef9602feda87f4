package io.chapar.broker.fetch;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchRequest.FetchPartition;
import io.chapar.protocol.message.FetchRequest.FetchTopic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// The fetch sessions of one loop's connections: no more, and no larger together, than they may be. Beyond it the one
/// that was used least recently goes, and its reader starts over. A session that does not fit by itself ends, and its
/// reader names what it reads in each fetch. On the loop alone.
///
/// An id tells its loop by its remainder, so that a reader who comes back through another loop meets "no such
/// session" and never somebody else's.
public final class FetchSessions {
    private static final int NO_SESSION = 0;
    private static final int FINAL_EPOCH = -1;
    private static final int INITIAL_EPOCH = 0;
    private static final short FIRST_BY_ID = 13;

    private final int index;
    private final int loops;
    private final int slots;
    private final long maxBytes;
    private final RandomGenerator random;
    private final LinkedHashMap<Integer, FetchSession> sessions = new LinkedHashMap<>(16, 0.75f, true);
    /// Bytes of all sessions.
    private long held;

    /// @param index of the loop among all `loops`
    /// @param slots for sessions of this loop (`max.incremental.fetch.session.cache.slots`)
    /// @param maxBytes that they may take together (`max.incremental.fetch.session.cache.bytes`)
    public FetchSessions(int index, int loops, int slots, long maxBytes, RandomGenerator random) {
        this.index = index;
        this.loops = loops;
        this.slots = slots;
        this.maxBytes = maxBytes;
        this.random = random;
    }

    /// What a request asks for, its session taken into account.
    ///
    /// @param error why it cannot be answered at all, else NONE
    /// @param sessionId to be told to the reader
    /// @param incremental only news are to be answered
    public record Plan(ErrorCode error, int sessionId, boolean incremental, List<FetchedPartition> partitions) {}

    public int size() {
        return sessions.size();
    }

    public long bytes() {
        return held;
    }

    public Plan plan(FetchRequest request, short version) {
        boolean byId = version >= FIRST_BY_ID;
        int epoch = request.sessionEpoch();
        if (epoch == FINAL_EPOCH || epoch == INITIAL_EPOCH) {
            if (request.sessionId() != NO_SESSION) {
                end(request.sessionId());
            }
            List<FetchedPartition> wanted = wanted(request);
            int id = epoch == INITIAL_EPOCH && !wanted.isEmpty() ? begin(wanted, byId) : NO_SESSION;
            return new Plan(ErrorCode.NONE, id, false, wanted);
        }
        FetchSession session = sessions.get(request.sessionId());
        if (session == null) {
            return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
        }
        if (session.byTopicId() != byId) {
            return refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
        }
        if (!session.advance(epoch)) {
            return refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
        }
        long before = session.bytes();
        wanted(request).forEach(session::put);
        request.forgottenTopicsData().forEach(topic -> topic.partitions().forEach(p ->
                session.forget(new FetchedPartition.Key(topic.topic(), topic.topicId(), p))));
        held += session.bytes() - before;
        makeRoom(0);
        if (!sessions.containsKey(session.id())) {
            return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
        }
        int told = session.id();
        if (session.isEmpty()) {
            end(session.id());
            told = NO_SESSION;
        }
        return new Plan(ErrorCode.NONE, told, true, session.inOrder());
    }

    /// Tells the session, if there still is one, whose records went out.
    public void served(int sessionId, List<FetchedPartition.Key> keys) {
        FetchSession session = sessions.get(sessionId);
        if (session != null) {
            session.hadTheirTurn(keys);
        }
    }

    private static Plan refused(ErrorCode error) {
        return new Plan(error, NO_SESSION, false, List.of());
    }

    private int begin(List<FetchedPartition> wanted, boolean byId) {
        long bytes = wanted.stream().mapToLong(FetchedPartition::bytes).sum();
        if (slots == 0 || bytes > maxBytes) {
            return NO_SESSION;
        }
        if (sessions.size() >= slots) {
            end(sessions.firstEntry().getKey());
        }
        makeRoom(bytes);
        int id;
        do {
            int drawn = random.nextInt(Integer.MAX_VALUE / loops);
            id = drawn * loops + index;
        } while (id == NO_SESSION || sessions.containsKey(id));
        FetchSession session = new FetchSession(id, byId);
        wanted.forEach(session::put);
        sessions.put(id, session);
        held += session.bytes();
        return id;
    }

    private void makeRoom(long wanted) {
        while (held + wanted > maxBytes) {
            end(sessions.firstEntry().getKey());
        }
    }

    private void end(int id) {
        FetchSession ended = sessions.remove(id);
        held -= ended == null ? 0 : ended.bytes();
    }

    /// The request's partitions, each once; of a partition that is named twice the first counts.
    private static List<FetchedPartition> wanted(FetchRequest request) {
        List<FetchedPartition> wanted = new ArrayList<>();
        Set<FetchedPartition.Key> seen = new LinkedHashSet<>();
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition p : topic.partitions()) {
                UUID topicId = topic.topicId();
                FetchedPartition.Key key = new FetchedPartition.Key(topic.topic(), topicId, p.partition());
                if (seen.add(key)) {
                    wanted.add(new FetchedPartition(key).readFrom(
                            p.fetchOffset(), p.partitionMaxBytes(), p.currentLeaderEpoch(), p.lastFetchedEpoch()));
                }
            }
        }
        return wanted;
    }

}
