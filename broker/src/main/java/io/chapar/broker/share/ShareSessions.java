package io.chapar.broker.share;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.share.ShareSession.Part;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The share sessions of one loop's connections: no more, and no larger together, than they may be; a member that comes
/// beyond it is refused, since whoever has one holds records. On the loop alone.
public final class ShareSessions {
    /// Of a member that begins.
    static final int INITIAL_EPOCH = 0;
    /// Of one that ends.
    static final int FINAL_EPOCH = -1;

    private final int index;
    private final int slots;
    private final Budget.Share memory;
    private final Map<Name, ShareSession> sessions = new TreeMap<>();
    private long held = 0;
    private long last = 0;

    private record Name(String groupId, String memberId) implements Comparable<Name> {
        @Override
        public int compareTo(Name other) {
            int byGroup = groupId.compareTo(other.groupId);
            return byGroup != 0 ? byGroup : memberId.compareTo(other.memberId);
        }
    }

    /// @param index of the loop
    /// @param slots for sessions of this loop (`group.share.max.share.sessions`)
    /// @param memory that all sessions of the broker may take
    public ShareSessions(int index, int slots, Budget memory) {
        this.index = index;
        this.slots = slots;
        this.memory = memory.share();
    }

    /// The session that a request belongs to, or why there is none.
    ///
    /// @param ended one that was under the same name, and is no more
    record Found(ErrorCode error, @Nullable ShareSession session, @Nullable ShareSession ended) {
        static Found refused(ErrorCode error) {
            return new Found(error, null, null);
        }
    }

    /// @param mayBegin whether the request may begin a session
    Found find(String groupId, String memberId, int epoch, boolean mayBegin, Object connection) {
        Name name = new Name(groupId, memberId);
        ShareSession known = sessions.get(name);
        if (epoch == INITIAL_EPOCH) {
            return mayBegin ? begin(name, known, connection) : Found.refused(ErrorCode.INVALID_SHARE_SESSION_EPOCH);
        }
        if (known == null) {
            return Found.refused(ErrorCode.SHARE_SESSION_NOT_FOUND);
        }
        if (epoch != FINAL_EPOCH && !known.advance(epoch)) {
            return Found.refused(ErrorCode.INVALID_SHARE_SESSION_EPOCH);
        }
        return new Found(ErrorCode.NONE, known, null);
    }

    private Found begin(Name name, @Nullable ShareSession known, Object connection) {
        if (known != null) {
            end(known);
        }
        ShareSession begun = new ShareSession(
                name.groupId(), name.memberId(), name.memberId() + "/" + index + "/" + ++last, connection);
        if (sessions.size() >= slots || !memory.grow(begun.bytes())) {
            return new Found(ErrorCode.SHARE_SESSION_LIMIT_REACHED, null, known);
        }
        sessions.put(name, begun);
        held += begun.bytes();
        return new Found(ErrorCode.NONE, begun, known);
    }

    /// False where there is no room for what it names.
    boolean add(ShareSession session, Collection<Part> parts) {
        long before = session.bytes();
        parts.forEach(session::add);
        long grown = session.bytes() - before;
        if (!memory.grow(grown)) {
            held += grown;
            return false;
        }
        held += grown;
        return true;
    }

    /// False where the session does not have it.
    boolean remove(ShareSession session, Part part) {
        long before = session.bytes();
        if (!session.remove(part)) {
            return false;
        }
        held += session.bytes() - before;
        memory.holds(held);
        return true;
    }

    boolean isHere(ShareSession session) {
        return session.equals(sessions.get(new Name(session.groupId(), session.memberId())));
    }

    void end(ShareSession session) {
        if (sessions.remove(new Name(session.groupId(), session.memberId()), session)) {
            held -= session.bytes();
            memory.holds(held);
        }
    }

    /// Those of a connection that is no more; they are none from now on.
    List<ShareSession> endAllOf(Object connection) {
        if (sessions.isEmpty()) {
            return List.of();
        }
        List<ShareSession> ended = new ArrayList<>();
        for (ShareSession session : sessions.values()) {
            if (session.isOf(connection)) {
                ended.add(session);
            }
        }
        ended.forEach(this::end);
        return ended;
    }
}
