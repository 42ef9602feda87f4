package io.chapar.broker.fetch;

import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchRequest.FetchPartition;
import io.chapar.protocol.message.FetchRequest.FetchTopic;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
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

    /// Goes through what the request names some partitions a turn, at once where it names few. Until a fetch of a
    /// session is planned, others of it are refused as if their epoch were wrong: their reader begins anew.
    ///
    /// @param loop this one
    public void plan(FetchRequest request, short version, Loop loop, Consumer<Plan> planned) {
        boolean byId = version >= FIRST_BY_ID;
        int epoch = request.sessionEpoch();
        if (epoch == FINAL_EPOCH || epoch == INITIAL_EPOCH) {
            if (request.sessionId() != NO_SESSION) {
                end(request.sessionId());
            }
            planWhole(request, byId, loop, planned);
            return;
        }
        FetchSession session = sessions.get(request.sessionId());
        if (session == null) {
            planned.accept(refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND));
        } else if (session.byTopicId() != byId) {
            planned.accept(refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR));
        } else if (!session.advance(epoch)) {
            planned.accept(refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH));
        } else {
            session.setPlanning(true);
            planNews(session, request, loop, planned);
        }
    }

    private void planWhole(FetchRequest request, boolean byId, Loop loop, Consumer<Plan> planned) {
        FetchSession all = new FetchSession(byId);
        Slices.each(loop, wanted(request), all::putFirst, () -> {
            boolean remembered = request.sessionEpoch() == INITIAL_EPOCH && !all.isEmpty();
            planned.accept(new Plan(ErrorCode.NONE, remembered ? begin(all) : NO_SESSION, false, all.inOrder()));
        });
    }

    private void planNews(FetchSession session, FetchRequest request, Loop loop, Consumer<Plan> planned) {
        Set<FetchedPartition.Key> seen = new LinkedHashSet<>();
        Slices.each(loop, wanted(request), one -> {
            if (seen.add(one.key())) {
                change(session, () -> session.put(one));
            }
        }, () -> Slices.each(loop, forgotten(request), key -> change(session, () -> session.forget(key)), () -> {
            session.setPlanning(false);
            planned.accept(planned(session));
        }));
    }

    /// One that has ended meanwhile does not count any more.
    private void change(FetchSession session, Runnable change) {
        long before = session.bytes();
        change.run();
        if (isHere(session)) {
            held += session.bytes() - before;
        }
    }

    private boolean isHere(FetchSession session) {
        return session.equals(sessions.get(session.id()));
    }

    private Plan planned(FetchSession session) {
        makeRoom(0);
        if (!isHere(session)) {
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

    /// @return NO_SESSION where there is no room for it
    private int begin(FetchSession session) {
        if (slots == 0 || session.bytes() > maxBytes) {
            return NO_SESSION;
        }
        if (sessions.size() >= slots) {
            end(sessions.firstEntry().getKey());
        }
        makeRoom(session.bytes());
        int id;
        do {
            int drawn = random.nextInt(Integer.MAX_VALUE / loops);
            id = drawn * loops + index;
        } while (id == NO_SESSION || sessions.containsKey(id));
        session.begin(id);
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

    private static Iterable<FetchedPartition> wanted(FetchRequest request) {
        return () -> new Flattened<>(request.topics(), topic ->
                topic.partitions().stream().map(p -> wanted(topic, p)).iterator());
    }

    private static FetchedPartition wanted(FetchTopic topic, FetchPartition p) {
        return new FetchedPartition(new FetchedPartition.Key(topic.topic(), topic.topicId(), p.partition()))
                .readFrom(p.fetchOffset(), p.partitionMaxBytes(), p.currentLeaderEpoch(), p.lastFetchedEpoch());
    }

    private static Iterable<FetchedPartition.Key> forgotten(FetchRequest request) {
        return () -> new Flattened<>(request.forgottenTopicsData(), topic -> topic.partitions().stream()
                .map(p -> new FetchedPartition.Key(topic.topic(), topic.topicId(), p)).iterator());
    }
}
