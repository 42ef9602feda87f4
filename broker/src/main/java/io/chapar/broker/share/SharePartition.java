package io.chapar.broker.share;

import io.chapar.broker.share.Run.State;
import io.chapar.broker.share.ShareEffect.Answer;
import io.chapar.broker.share.ShareEffect.Available;
import io.chapar.broker.share.ShareEffect.Write;
import io.chapar.broker.share.state.StateBatch;
import io.chapar.protocol.ErrorCode;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// One partition as one share group has it (KIP-932). Pure: what members and the log do and time come in,
/// [ShareEffect]s go out.
///
/// Everything below [#start] is done with; everything from [#end] on no member has been given yet. In between each
/// offset is in one [Run]. What a member says of a record counts when it is written: until then nobody else gets the
/// record, and the member is not answered. One write at a time is on its way; what is said meanwhile goes into the
/// next.
public final class SharePartition {
    private final Runs runs = new Runs();
    private long start;
    private long end;
    /// Offsets in runs that are done with, written or not.
    private long done = 0;
    /// Offsets that members may have.
    private long free = 0;
    /// None of them is below.
    private long freeFrom = 0;
    /// No lock ends before it.
    private long nextLockMs = Long.MAX_VALUE;

    /// What the next write has, and who waits for it.
    private List<Run> unsaid = new ArrayList<>();
    private List<Long> waiting = new ArrayList<>();
    /// What the write has that is on its way.
    private List<Run> said = List.of();
    private List<Long> told = List.of();
    private boolean isWriting = false;
    /// The start has moved without anybody having said so.
    private boolean isMoved = false;
    private long startSaid;

    /// @param start where the group begins, as it is written
    /// @param batches what is written of offsets from there on, in order
    public SharePartition(long start, List<StateBatch> batches) {
        this.start = start;
        this.startSaid = start;
        this.end = start;
        for (StateBatch batch : batches) {
            if (batch.last() < start) {
                continue;
            }
            long first = Math.max(start, batch.first());
            if (first > end) {
                // They were with members when the state was lost that says so.
                add(new Run(end, first - 1, State.AVAILABLE, 0));
            }
            State state = switch (batch.state()) {
                case StateBatch.ACKNOWLEDGED -> State.ACKNOWLEDGED;
                case StateBatch.ARCHIVED -> State.ARCHIVED;
                default -> State.AVAILABLE;
            };
            add(new Run(first, batch.last(), state, batch.deliveries()));
        }
        moveStart();
    }

    private void add(Run run) {
        runs.put(run);
        end = Math.max(end, run.last + 1);
        count(run, 1);
    }

    private void count(Run run, int sign) {
        if (run.isDone()) {
            done += sign * run.offsets();
        } else if (run.isFree()) {
            free += sign * run.offsets();
            freeFrom = Math.min(freeFrom, run.first);
        }
    }

    // ---- ask

    public long start() {
        return start;
    }

    public long end() {
        return end;
    }

    /// Whether nothing is on its way, or about to be.
    public boolean isQuiet() {
        return !isWriting && unsaid.isEmpty();
    }

    /// Offsets that are neither done with nor ahead of all members.
    public long inFlight() {
        return end - start - done;
    }

    /// Stretches of offsets that are told apart.
    public int runs() {
        return runs.size();
    }

    /// Where to read for somebody who wants records; -1 when there is nothing for anybody now: as much is in flight, or
    /// told apart, as may be. Then the first offset is with a member or on its way into the state, so that time or a
    /// write goes on.
    public long readFrom(ShareRules rules) {
        if (free > 0) {
            for (Run run : runs.from(freeFrom)) {
                if (run.isFree()) {
                    freeFrom = run.first;
                    return run.first;
                }
            }
        }
        return inFlight() < rules.locks() && runs.size() < rules.runs() ? end : -1;
    }

    // ---- acquire

    /// Gives a member what was read, as far as nobody else has it.
    ///
    /// @param holder who it is given to, by session
    /// @param from where it was read, from [#readFrom]
    /// @param read what is there, in order and without overlap: what is in between does not exist
    /// @param most records; up to the end of the batch that has the last of them unless `exact`
    public List<Acquired> acquire(
            String holder, long from, List<Extent> read, int most, boolean exact, ShareRules rules, long nowMs,
            Consumer<ShareEffect> out) {
        List<Acquired> got = new ArrayList<>();
        long left = most;
        long at = Math.max(from, start);
        for (Extent extent : read) {
            if (left <= 0 || extent.last() < at) {
                continue;
            }
            if (at >= end && runs.size() >= rules.runs()) {
                break;
            }
            long first = Math.max(at, extent.first());
            if (first > at) {
                skip(at, first - 1);
            }
            at = extent.last() + 1;
            if (extent.isDelivered()) {
                left -= take(holder, first, extent.last(), exact ? left : Long.MAX_VALUE, got, rules, nowMs);
            } else {
                skip(first, extent.last());
            }
            if (end <= extent.last()) {
                // What is left of it comes before what follows.
                break;
            }
        }
        moveStart();
        isMoved |= start > startSaid;
        say(out);
        return got;
    }

    /// There is no record for members at these offsets.
    private void skip(long first, long last) {
        for (Run run : runs.between(first, last, Run::isFree)) {
            become(run, State.ARCHIVED);
        }
        if (last >= end) {
            Run run = new Run(Math.max(first, end), last, State.ARCHIVED, 0);
            add(run);
            runs.join(run);
        }
    }

    private long take(
            String holder, long first, long last, long most, List<Acquired> got, ShareRules rules, long nowMs) {
        long taken = 0;
        long untilMs = nowMs + rules.lockMs();
        for (Run run : runs.between(first, Math.min(last, end - 1), Run::isFree)) {
            if (taken >= most) {
                return taken;
            }
            if (run.offsets() > most - taken) {
                runs.put(run.splitAt(run.first + (most - taken)));
            }
            free -= run.offsets();
            lock(run, holder, untilMs);
            taken += run.offsets();
            report(run, got);
        }
        long room = Math.min(most - taken, Math.max(0, rules.locks() - inFlight()));
        long from = Math.max(first, end);
        if (from <= last && room > 0 && runs.size() < rules.runs()) {
            Run run = new Run(from, last - from < room ? last : from + room - 1, State.ACQUIRED, 0);
            add(run);
            lock(run, holder, untilMs);
            taken += run.offsets();
            report(run, got);
        }
        return taken;
    }

    private void lock(Run run, String holder, long untilMs) {
        run.state = State.ACQUIRED;
        run.holder = holder;
        run.lockedUntilMs = untilMs;
        run.deliveries++;
        nextLockMs = Math.min(nextLockMs, untilMs);
    }

    private static void report(Run run, List<Acquired> got) {
        Acquired before = got.isEmpty() ? null : got.getLast();
        if (before != null && before.last() + 1 == run.first && before.deliveries() == run.deliveries) {
            got.set(got.size() - 1, new Acquired(before.first(), run.last, before.deliveries()));
        } else {
            got.add(new Acquired(run.first, run.last, (short) run.deliveries));
        }
    }

    // ---- acknowledge

    /// All of it, or nothing with an error.
    ///
    /// @param request not 0; answered by one [Answer]
    /// @param batches in order and without overlap
    public void acknowledge(
            long request, String holder, List<Acknowledged> batches, ShareRules rules, long nowMs,
            Consumer<ShareEffect> out) {
        ErrorCode error = judge(holder, batches, rules);
        if (error != ErrorCode.NONE) {
            out.accept(new Answer(request, error));
            return;
        }
        int before = unsaid.size();
        for (Acknowledged batch : batches) {
            long first = Math.max(start, batch.first());
            for (long from = first; from <= batch.last(); ) {
                long to = batch.sameUntil(from);
                acknowledge(from, to, batch.type(from), rules, nowMs);
                from = to + 1;
            }
        }
        if (unsaid.size() == before) {
            out.accept(new Answer(request, ErrorCode.NONE));
        } else {
            waiting.add(request);
            say(out);
        }
    }

    private ErrorCode judge(String holder, List<Acknowledged> batches, ShareRules rules) {
        long after = -1;
        for (Acknowledged batch : batches) {
            if (!batch.isSound(rules.mayRenew()) || batch.first() <= after) {
                return ErrorCode.INVALID_REQUEST;
            }
            after = batch.last();
        }
        for (Acknowledged batch : batches) {
            // What has gone from the log meanwhile is done with, whatever is said of it.
            long first = Math.max(start, batch.first());
            if (first > batch.last()) {
                continue;
            }
            if (batch.last() >= end) {
                return ErrorCode.INVALID_RECORD_STATE;
            }
            for (Run run : runs.overlapping(first, batch.last())) {
                if (!run.isHeldBy(holder)) {
                    return ErrorCode.INVALID_RECORD_STATE;
                }
            }
        }
        return ErrorCode.NONE;
    }

    private void acknowledge(long first, long last, byte code, ShareRules rules, long nowMs) {
        AckType type = AckType.of(code);
        for (Run run : runs.between(first, last, _ -> true)) {
            switch (type) {
                case ACCEPT -> become(run, State.ACKNOWLEDGED);
                case RELEASE -> become(run, again(run, rules));
                case GAP, REJECT -> become(run, State.ARCHIVED);
                case RENEW -> {
                    run.lockedUntilMs = nowMs + rules.lockMs();
                    nextLockMs = Math.min(nextLockMs, run.lockedUntilMs);
                }
                case null -> throw new IllegalStateException("it was looked at");
            }
        }
    }

    /// What becomes of a record that is given back.
    private static State again(Run run, ShareRules rules) {
        return run.deliveries >= rules.deliveries() ? State.ARCHIVED : State.AVAILABLE;
    }

    /// From when that is written.
    private void become(Run run, State state) {
        count(run, -1);
        run.state = state;
        run.holder = null;
        run.undecided = true;
        count(run, 1);
        unsaid.add(run);
    }

    // ---- release

    /// Whoever held records under this name is gone, and has not worked on them: they count as not delivered.
    public void release(String holder, Consumer<ShareEffect> out) {
        for (Run run : runs.copy()) {
            if (run.isHeldBy(holder)) {
                run.deliveries--;
                become(run, State.AVAILABLE);
            }
        }
        say(out);
    }

    // ---- the log

    /// The log begins here now: what was before it is done with.
    public void logStartsAt(long offset, Consumer<ShareEffect> out) {
        if (offset <= start) {
            return;
        }
        for (Run run = runs.first(); run != null && run.first < offset; run = runs.first()) {
            runs.remove(run);
            count(run, -1);
            if (run.last < offset) {
                run.state = State.ARCHIVED;
                run.undecided = false;
            } else {
                // Whoever waits for it waits for what is left of it.
                run.first = offset;
                runs.put(run);
                count(run, 1);
            }
        }
        start = offset;
        end = Math.max(end, offset);
        isMoved = true;
        moveStart();
        say(out);
    }

    // ---- writes

    private void say(Consumer<ShareEffect> out) {
        if (isWriting || (unsaid.isEmpty() && !isMoved)) {
            return;
        }
        isWriting = true;
        isMoved = false;
        said = unsaid;
        told = waiting;
        unsaid = new ArrayList<>();
        waiting = new ArrayList<>();
        said.sort((a, b) -> Long.compare(a.first, b.first));
        said.forEach(run -> run.isSaid = true);
        long next = startAfter();
        List<StateBatch> batches = new ArrayList<>();
        for (Run run : said) {
            if (run.last < next || !run.undecided) {
                continue;
            }
            StateBatch batch = run.stored();
            StateBatch before = batches.isEmpty() ? null : batches.getLast();
            if (before != null && before.last() + 1 == batch.first() && before.state() == batch.state()
                    && before.deliveries() == batch.deliveries()) {
                batches.set(batches.size() - 1, new StateBatch(
                        before.first(), batch.last(), batch.state(), batch.deliveries()));
            } else {
                batches.add(batch);
            }
        }
        startSaid = next;
        out.accept(new Write(next, (int) Math.min(Integer.MAX_VALUE, doneFrom(next)), batches));
    }

    /// Where the group begins once what is said is written.
    private long startAfter() {
        long next = start;
        for (Run run : runs.all()) {
            if (!run.isDone() || (run.undecided && !run.isSaid)) {
                break;
            }
            next = run.last + 1;
        }
        return next;
    }

    private long doneFrom(long offset) {
        long below = 0;
        for (Run run : runs.before(offset)) {
            below += run.isDone() ? run.offsets() : 0;
        }
        return done - below;
    }

    /// The write is where the state is kept.
    public void written(Consumer<ShareEffect> out) {
        isWriting = false;
        boolean isMore = false;
        for (Run run : said) {
            run.isSaid = false;
            if (run.undecided) {
                run.undecided = false;
                if (run.isFree()) {
                    free += run.offsets();
                    freeFrom = Math.min(freeFrom, run.first);
                    isMore = true;
                }
            }
        }
        said.forEach(runs::join);
        said = List.of();
        boolean wasFull = start < startSaid;
        moveStart();
        List<Long> answered = told;
        told = List.of();
        answered.forEach(request -> out.accept(new Answer(request, ErrorCode.NONE)));
        if (isMore || wasFull) {
            out.accept(new Available());
        }
        say(out);
    }

    /// What is done with at the beginning needs no place any more.
    private void moveStart() {
        Run first = runs.first();
        while (first != null && first.isDone() && !first.undecided) {
            runs.remove(first);
            count(first, -1);
            start = first.last + 1;
            first = runs.first();
        }
        if (first == null) {
            start = Math.max(start, end);
        }
    }

    // ---- time

    /// When [#tick] has something to do; Long.MAX_VALUE if never.
    public long nextDeadlineMs() {
        return nextLockMs;
    }

    /// Records whose lock is over are anybody's again.
    public void tick(ShareRules rules, long nowMs, Consumer<ShareEffect> out) {
        if (nowMs < nextLockMs) {
            return;
        }
        nextLockMs = Long.MAX_VALUE;
        for (Run run : runs.copy()) {
            if (run.state != State.ACQUIRED || run.undecided) {
                continue;
            }
            if (run.lockedUntilMs <= nowMs) {
                become(run, again(run, rules));
            } else {
                nextLockMs = Math.min(nextLockMs, run.lockedUntilMs);
            }
        }
        say(out);
    }

    @Override
    public String toString() {
        return "SharePartition[" + start + ".." + end + " done " + done + " free " + free + " " + runs + "]";
    }
}
