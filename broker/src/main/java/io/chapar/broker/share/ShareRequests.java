package io.chapar.broker.share;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.share.ShareRun.Terms;
import io.chapar.broker.share.ShareSession.Part;
import io.chapar.protocol.ErrorCode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// What members of share groups ask the leaders of partitions: to fetch and to acknowledge.
public final class ShareRequests {
    private final ShareHosts hosts;
    private final Supplier<ClusterImage> cluster;
    private final Function<String, ShareRules> rules;

    /// @param rules of a group, by name
    public ShareRequests(ShareHosts hosts, Supplier<ClusterImage> cluster, Function<String, ShareRules> rules) {
        this.hosts = hosts;
        this.cluster = cluster;
        this.rules = rules;
    }

    /// One partition that a client names.
    public record Named(UUID topicId, int partition, List<Acknowledged> acknowledged) {}

    /// @param epoch of the session: 0 begins it, -1 ends it
    /// @param renews whether the client says that it renews locks
    /// @param maxRecords 0 or less where it fetches nothing
    /// @param exact not a record more, even where that divides a batch
    /// @param forgotten partitions that leave the session
    public record Fetch(
            String groupId, String memberId, int epoch, boolean renews, int maxBytes, int maxRecords,
            boolean exact, long maxWaitMs, List<Named> named, List<Named> forgotten) {}

    public record Acknowledge(String groupId, String memberId, int epoch, boolean renews, List<Named> named) {}

    /// @param error of the whole; then there are no parts
    /// @param lockMs for how long records are locked
    public record Answer(ErrorCode error, int lockMs, List<SharePart> parts) {}

    /// `done` runs on the connection's loop, unless the client goes.
    public void fetch(Fetch fetch, RequestContext context, Consumer<Answer> done) {
        boolean ends = fetch.epoch() == ShareSessions.FINAL_EPOCH;
        ErrorCode error = problem(fetch.groupId(), fetch.memberId(), fetch.named(), fetch.renews());
        boolean saysAtOnce = fetch.epoch() == ShareSessions.INITIAL_EPOCH
                && fetch.named().stream().anyMatch(one -> !one.acknowledged().isEmpty());
        if (error == ErrorCode.NONE && saysAtOnce) {
            error = ErrorCode.INVALID_REQUEST;
        }
        if (error != ErrorCode.NONE) {
            done.accept(refused(error));
            return;
        }
        ShareSessions sessions = hosts.sessions(context.loop());
        ShareSessions.Found found = sessions.find(
                fetch.groupId(), fetch.memberId(), fetch.epoch(), true, context.connection());
        if (found.ended() != null) {
            leave(found.ended());
        }
        if (found.error() != ErrorCode.NONE) {
            refuse(found.error(), fetch, context, done);
            return;
        }
        ShareSession session = requireNonNull(found.session(), "it was found");
        SequencedSet<Part> gone = parts(fetch.forgotten());
        hosts.leave(session.groupId(), session.holder(),
                gone.stream().filter(part -> sessions.remove(session, part)).toList(), cluster.get());
        SequencedSet<Part> added = ends ? new LinkedHashSet<>() : parts(fetch.named());
        added.removeAll(gone);
        if (!sessions.add(session, added)) {
            end(sessions, session);
            refuse(ErrorCode.SHARE_SESSION_LIMIT_REACHED, fetch, context, done);
            return;
        }
        Terms terms = ends || fetch.maxRecords() <= 0 ? Terms.NOTHING : new Terms(
                fetch.maxBytes(), fetch.maxRecords(), fetch.exact(), fetch.maxWaitMs());
        run(session, terms, parts(session, fetch.named(), terms.maxRecords() > 0), ends, context, done);
    }

    /// Whoever finds no room comes again as soon as it is told: it is told when its time is up.
    private static void refuse(ErrorCode error, Fetch fetch, RequestContext context, Consumer<Answer> done) {
        boolean waits = error == ErrorCode.SHARE_SESSION_LIMIT_REACHED && fetch.maxWaitMs() > 0;
        if (!waits || !context.mayWait(1)) {
            done.accept(refused(error));
            return;
        }
        Loop.Timer timer = context.loop().schedule(fetch.maxWaitMs(), () -> done.accept(refused(error)));
        context.onDisconnect(() -> {
            timer.cancel();
            context.replyNothing();
        });
    }

    public void acknowledge(Acknowledge asked, RequestContext context, Consumer<Answer> done) {
        ErrorCode error = problem(asked.groupId(), asked.memberId(), asked.named(), asked.renews());
        ShareSessions.Found found = error != ErrorCode.NONE ? ShareSessions.Found.refused(error)
                : hosts.sessions(context.loop()).find(
                        asked.groupId(), asked.memberId(), asked.epoch(), false, context.connection());
        if (found.error() != ErrorCode.NONE) {
            done.accept(refused(found.error()));
            return;
        }
        ShareSession session = requireNonNull(found.session(), "it was found");
        run(session, Terms.NOTHING, parts(session, asked.named(), false),
                asked.epoch() == ShareSessions.FINAL_EPOCH, context, done);
    }

    private static ErrorCode problem(String groupId, String memberId, List<Named> named, boolean renews) {
        if (groupId.isEmpty() || memberId.isEmpty()) {
            return ErrorCode.INVALID_REQUEST;
        }
        boolean renewsUnsaid = !renews && named.stream()
                .anyMatch(one -> one.acknowledged().stream().anyMatch(Acknowledged::renews));
        return renewsUnsaid ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE;
    }

    private static Answer refused(ErrorCode error) {
        return new Answer(error, 0, List.of());
    }

    private static SequencedSet<Part> parts(List<Named> named) {
        SequencedSet<Part> all = new LinkedHashSet<>();
        named.forEach(one -> all.add(new Part(one.topicId(), one.partition())));
        return all;
    }

    /// What the client says something of first, then what it only reads.
    private static List<SharePart> parts(ShareSession session, List<Named> named, boolean fetches) {
        SequencedMap<Part, List<Acknowledged>> said = new LinkedHashMap<>();
        named.forEach(one -> {
            if (!one.acknowledged().isEmpty()) {
                said.computeIfAbsent(new Part(one.topicId(), one.partition()), _ -> new ArrayList<>())
                        .addAll(one.acknowledged());
            }
        });
        SequencedSet<Part> read = new LinkedHashSet<>(fetches ? session.inOrder() : List.of());
        List<SharePart> all = new ArrayList<>();
        for (Part part : read) {
            all.add(new SharePart(part.topicId(), part.partition(), said.getOrDefault(part, List.of()), true));
        }
        for (Map.Entry<Part, List<Acknowledged>> one : said.entrySet()) {
            if (!read.contains(one.getKey())) {
                all.add(new SharePart(one.getKey().topicId(), one.getKey().partition(), one.getValue(), false));
            }
        }
        return all;
    }

    private void run(
            ShareSession session, Terms terms, List<SharePart> parts, boolean ends, RequestContext context,
            Consumer<Answer> done) {
        ShareSessions sessions = hosts.sessions(context.loop());
        new ShareRun(hosts, cluster, context, session.groupId(), session.holder(), terms, parts, run -> {
            boolean isHere = sessions.isHere(session);
            giveBackStray(session, isHere, run.parts());
            if (!isHere) {
                done.accept(refused(ErrorCode.SHARE_SESSION_NOT_FOUND));
                return;
            }
            if (ends) {
                end(sessions, session);
            }
            done.accept(new Answer(ErrorCode.NONE, rules.apply(session.groupId()).lockMs(), run.parts()));
        }).start();
    }

    /// Others of the member's requests may have ended the session, or taken partitions out of it, while this one
    /// waited: of these nothing is given, and nothing is held.
    private void giveBackStray(ShareSession session, boolean isHere, List<SharePart> parts) {
        List<Part> stray = new ArrayList<>();
        for (SharePart one : parts) {
            Part part = new Part(one.topicId(), one.partition());
            if (one.isFetched() && !(isHere && session.has(part))) {
                one.dropRecords();
                stray.add(part);
            } else if (one.bytes() > 0) {
                session.hadItsTurn(part);
            }
        }
        hosts.leave(session.groupId(), session.holder(), stray, cluster.get());
    }

    private void end(ShareSessions sessions, ShareSession session) {
        sessions.end(session);
        leave(session);
    }

    private void leave(ShareSession session) {
        hosts.leave(session.groupId(), session.holder(), session.inOrder(), cluster.get());
    }

    /// Its sessions end with a connection. On its loop.
    public void disconnected(Object connection, Loop loop) {
        hosts.sessions(loop).endAllOf(connection).forEach(this::leave);
    }
}
