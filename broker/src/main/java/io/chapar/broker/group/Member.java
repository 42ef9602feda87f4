package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupRecord.StoredMember;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A member of a group. Its id never changes; a static member that comes back is another member under the same
/// instance. Changes by its [Roster], which counts it, while it is in one.
final class Member {
    private final String id;
    private final @Nullable String instanceId;
    private final String clientId;
    private final String clientHost;
    private int rebalanceTimeoutMs;
    private int sessionTimeoutMs;
    private List<Protocol> protocols = List.of();
    private Map<String, Protocol> byName = Map.of();
    private ByteBuffer assignment = GroupReply.NOTHING;
    /// In its first round: it does not know its id yet, or is not known to be alive.
    private boolean newcomer = false;
    private long sessionDeadlineMs = Long.MAX_VALUE;
    private long bytes;

    Member(String id, GroupCommand.Join join) {
        this.id = id;
        this.instanceId = join.instanceId();
        this.clientId = join.clientId();
        this.clientHost = join.clientHost();
        update(join);
    }

    private Member(StoredMember stored, @Nullable String protocol) {
        this.id = stored.memberId();
        this.instanceId = stored.instanceId();
        this.clientId = stored.clientId();
        this.clientHost = stored.clientHost();
        this.rebalanceTimeoutMs =
                stored.rebalanceTimeoutMs() < 0 ? stored.sessionTimeoutMs() : stored.rebalanceTimeoutMs();
        this.sessionTimeoutMs = stored.sessionTimeoutMs();
        know(protocol == null ? List.of() : List.of(new Protocol(protocol, stored.subscription())));
    }

    static Member of(StoredMember stored, @Nullable String protocol) {
        return new Member(stored, protocol);
    }

    StoredMember stored(@Nullable String protocol, ByteBuffer withAssignment) {
        return new StoredMember(
                id,
                instanceId,
                clientId,
                clientHost,
                rebalanceTimeoutMs,
                sessionTimeoutMs,
                metadata(protocol),
                withAssignment);
    }

    /// What the member says about itself now.
    void update(GroupCommand.Join join) {
        rebalanceTimeoutMs = join.rebalanceTimeoutMs();
        sessionTimeoutMs = join.sessionTimeoutMs();
        know(join.protocols());
    }

    /// Of two with one name the first counts.
    private void know(List<Protocol> all) {
        protocols = List.copyOf(all);
        byName = new LinkedHashMap<>();
        all.forEach(one -> byName.putIfAbsent(one.name(), one));
        bytes = GroupSizes.member(id, instanceId, clientId, clientHost, protocols);
    }

    /// What the member takes, without its part.
    long bytes() {
        return bytes;
    }

    String id() {
        return id;
    }

    /// Null for a dynamic member.
    @Nullable String instanceId() {
        return instanceId;
    }

    boolean isStatic() {
        return instanceId != null;
    }

    String clientId() {
        return clientId;
    }

    String clientHost() {
        return clientHost;
    }

    int rebalanceTimeoutMs() {
        return rebalanceTimeoutMs;
    }

    int sessionTimeoutMs() {
        return sessionTimeoutMs;
    }

    List<Protocol> protocols() {
        return protocols;
    }

    /// Of its protocols, each once, the one that it likes best first.
    Iterable<String> names() {
        return byName.keySet();
    }

    boolean supports(String protocol) {
        return byName.containsKey(protocol);
    }

    /// Empty when the member has no such protocol.
    ByteBuffer metadata(@Nullable String protocol) {
        Protocol known = byName.get(protocol);
        return known == null ? GroupReply.NOTHING : known.metadata();
    }

    ByteBuffer assignment() {
        return assignment;
    }

    void assign(ByteBuffer part) {
        assignment = part;
    }

    boolean isNewcomer() {
        return newcomer;
    }

    long sessionDeadlineMs() {
        return sessionDeadlineMs;
    }

    /// The member was heard of.
    void renewSession(long nowMs) {
        sessionDeadlineMs = nowMs + sessionTimeoutMs;
    }

    void beginAsNewcomer(long untilMs) {
        newcomer = true;
        sessionDeadlineMs = untilMs;
    }

    void admit(long nowMs) {
        newcomer = false;
        renewSession(nowMs);
    }
}
