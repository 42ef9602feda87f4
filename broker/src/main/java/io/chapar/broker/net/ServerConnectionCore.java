package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TooManyElementsException;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// One client's connection: requests one after the other, answers in the same order. On its loop alone.
///
///     bytes --> waiting --> open --> answers
///                           one request, or up to `maxPipelined` of Produce
///
/// The next request begins when the one before has been answered and the client takes what it was sent. Produce behind
/// Produce need not wait for that, but for its turn in the logs alone ([RequestInProgress#appended]); what it is
/// answered waits for the answers ahead, and so does the end that it may bring to the connection. What cannot begin
/// waits here up to a bound, after which nothing more is read.
///
/// Whatever happens, every frame and every share of a budget is given back once: when the answer leaves, or when it is
/// known that none will.
public final class ServerConnectionCore<B> implements FramingCore.Out<B> {
    private final ConnectionSetup<B> setup;
    private final ConnectionEffects<B> effects;
    private final ServerLimits limits;
    private final ConnectionBudgets budgets;
    private final TrafficMeters traffic;
    private final FramingCore<B> framing;
    private final WaitingRequests<B> waiting;
    private final ArrayDeque<RequestInProgress<B>> open = new ArrayDeque<>();
    private Session session;
    private long openBytes;
    private final UnsentAnswers unsent;
    private final Silence silence;
    private final RoomClock room;
    /// The answer of the oldest request is made beside the loop.
    private boolean encoding;
    private boolean reading = true;
    private boolean pumping;
    private boolean closed;

    public ServerConnectionCore(
            ConnectionSetup<B> setup, Session session, ConnectionEffects<B> effects, long nowNs) {
        this.setup = setup;
        this.effects = effects;
        this.limits = setup.limits();
        this.budgets = setup.budgets();
        this.traffic = setup.traffic();
        this.room = new RoomClock(limits, budgets.frames(), traffic, effects);
        this.waiting = new WaitingRequests<>(limits, traffic);
        this.session = session;
        this.silence = new Silence(limits, effects, nowNs);
        this.unsent = new UnsentAnswers(limits, setup.kept());
        this.framing = new FramingCore<>(setup, this);
    }

    ConnectionSetup<B> setup() {
        return setup;
    }

    public Session session() {
        return session;
    }

    /// What has been decided about the client since.
    void session(Session now) {
        session = now;
        if (now.isThrottled(effects.nowNs())) {
            effects.wakeAt(now.throttledUntilNs());
        }
        goOn();
    }

    /// Nothing begins for so long.
    void throttle(int ms) {
        session(session.throttledUntil(effects.nowNs() + TimeUnit.MILLISECONDS.toNanos(ms)));
    }

    // ---- bytes in

    /// Takes the bytes over.
    public void received(B bytes) {
        silence.broken();
        room.getsOn(setup.memory().readable(bytes));
        framing.received(bytes);
    }

    @Override
    public void frame(B frame, int charged) {
        RequestInProgress<B> request = new RequestInProgress<>(
                this, frame, setup.memory().view(frame), charged, effects.nowNs());
        if (closed) {
            request.letGoOfFrame();
            return;
        }
        room.arrived();
        silence.asks();
        traffic.received(request.size() + Integer.BYTES);
        waiting.add(request);
        pump();
        if (waiting.hasLast(request)) {
            request.compact(setup.memory());
            if (charged > 0) {
                room.holds();
            }
        }
    }

    @Override
    public void takesRoom() {
        room.holds();
    }

    @Override
    public boolean wantsMore() {
        return !waiting.isFull();
    }

    @Override
    public void broken(String reason) {
        close(reason, null);
    }

    @Override
    public void waitsForRoom() {
        room.beginsToWait();
        adjustReading();
    }

    @Override
    public void roomCame(int bytes) {
        room.hasItsTurn(bytes);
        adjustReading();
    }

    @Override
    public void waitsNoMore() {
        room.waitsNoMore();
        adjustReading();
    }

    private void adjustReading() {
        framing.goOn();
        boolean wanted = wantsMore() && !room.waits() && !(setup.kept().isMuch() && hasEnoughToDo());
        if (!closed && wanted != reading) {
            reading = wanted;
            effects.reading(wanted);
        }
    }

    private boolean hasEnoughToDo() {
        return !open.isEmpty() || !waiting.isEmpty() || !unsent.isEmpty();
    }

    // ---- beginning

    /// Starts requests while there is nothing in the way.
    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        try {
            while (mayBegin(waiting.first())) {
                RequestInProgress<B> next = waiting.takeFirst();
                open.add(next);
                openBytes += next.size();
                room.getsOn(next.size());
                start(next);
            }
        } finally {
            pumping = false;
        }
        adjustReading();
    }

    private boolean mayBegin(@Nullable RequestInProgress<B> next) {
        return next != null && !closed && !unsent.areMany() && (open.isEmpty() || mayJoin(next))
                && effects.isServing()
                && (session.throttledUntilNs() == Session.NOT_THROTTLED || !session.isThrottled(effects.nowNs()));
    }

    private boolean mayJoin(RequestInProgress<B> next) {
        RequestInProgress<B> last = open.peekLast();
        return next.api() == ApiKey.PRODUCE && last.api() == ApiKey.PRODUCE && last.letsNextBegin()
                && open.size() < limits.maxPipelined() && openBytes + next.size() <= limits.maxPipelinedBytes();
    }

    private void start(RequestInProgress<B> request) {
        String refusal = request.refusedUnread(session);
        if (refusal != null) {
            refuse(request, refusal, null);
        } else if (!setup.host().serves(request.known(), request.apiVersion())) {
            refuseVersion(request);
        } else {
            parse(request);
        }
    }

    /// A request of few elements is read at once. One of more is read again from its start, beside the loop.
    private void parse(RequestInProgress<B> request) {
        Incoming read;
        try {
            read = request.parse(ConnectionBudgets.SMALL_ELEMENTS);
        } catch (TooManyElementsException many) {
            request.reading(true);
            effects.readBeside(request);
            return;
        } catch (MalformedMessageException e) {
            refuse(request, "malformed request: " + e.getMessage(), null);
            return;
        } catch (RuntimeException e) {
            // Nothing but this frame has been touched yet.
            refuse(request, "a request cannot be read because of a bug in this broker", e);
            return;
        }
        begin(request, read);
    }

    /// What came of [ConnectionEffects#readBeside].
    ///
    /// @param read null when it is malformed
    void read(RequestInProgress<B> request, @Nullable Incoming read, @Nullable String whyNot) {
        if (read != null) {
            request.take(budgets.requests(), read.elements(), () -> beginLarge(request, read));
            return;
        }
        request.reading(false);
        if (closed) {
            drop(request);
        } else {
            refuse(request, "malformed " + request.api() + ": " + whyNot, null);
            effects.flush();
        }
    }

    /// Its elements have been taken from what all may have.
    private void beginLarge(RequestInProgress<B> request, Incoming read) {
        if (closed) {
            request.reading(false);
            budgets.requests().giveBack(read.elements());
            drop(request);
            return;
        }
        begin(request, read);
        pump();
        effects.flush();
    }

    private void begin(RequestInProgress<B> request, Incoming read) {
        request.begins(read, effects.nowNs());
        effects.begin(request);
    }

    /// A request stands in its place in the logs.
    void appended() {
        if (!pumping && !waiting.isEmpty()) {
            pump();
            effects.flush();
        }
    }

    // ---- ends

    /// It is the last one that this connection serves.
    private void refuse(RequestInProgress<B> request, String reason, @Nullable Throwable bug) {
        request.endsConnection(reason, bug);
        answerInOrder();
    }

    /// A client asks ApiVersions in the newest version it has; the answer in the oldest tells it ours. Nothing else
    /// can be answered in a version nobody here can write.
    private void refuseVersion(RequestInProgress<B> request) {
        if (request.api() == ApiKey.API_VERSIONS) {
            request.answeredInVersion(0);
            request.endsWith(setup.host().unsupportedVersion());
            answerInOrder();
            return;
        }
        refuse(request, "version " + request.apiVersion() + " of " + request.api() + " is not served", null);
    }

    /// @param response null when there is nothing to send
    void answered(RequestInProgress<B> request, @Nullable Response response) {
        if (request.isEnded()) {
            RequestInProgress.discard(response);
            throw new IllegalStateException("a request was answered twice: " + request.api());
        }
        request.endsWith(response);
        request.letGoOfElements();
        if (!effects.isServing()) {
            // Whatever the answer says may not be so.
            drop(request);
            return;
        }
        request.answered(response == null ? 0 : response.firstErrorCode(), effects.nowNs(), traffic);
        ended(request);
    }

    void closeFor(RequestInProgress<B> request, String reason) {
        if (request.isEnded()) {
            return;
        }
        request.endsConnection(reason, null);
        request.letGoOfElements();
        ended(request);
    }

    private void ended(RequestInProgress<B> request) {
        if (closed) {
            drop(request);
        } else {
            answerInOrder();
            goOn();
        }
    }

    private void goOn() {
        if (!pumping) {
            pump();
            effects.flush();
        }
    }

    private void answerInOrder() {
        while (!closed && !encoding && !open.isEmpty() && open.peek().isEnded()) {
            RequestInProgress<B> first = open.peek();
            if (first.refusal() != null) {
                letGo(takeFirst());
                close(first.refusal(), first.bug());
                return;
            }
            Response response = first.takeAnswer();
            if (response == null) {
                letGo(takeFirst());
            } else if (first.isLarge()) {
                encoding = true;
                effects.encodeBeside(first, response);
            } else {
                takeFirst();
                send(first, effects.encode(first, response));
            }
        }
    }

    private RequestInProgress<B> takeFirst() {
        RequestInProgress<B> first = open.poll();
        openBytes -= first.size();
        return first;
    }

    /// What came of [ConnectionEffects#encodeBeside].
    ///
    /// @param size -1 where the answer cannot be written, which has been said
    public void encoded(RequestInProgress<B> request, int size) {
        encoding = false;
        if (closed) {
            if (size >= 0) {
                effects.forget();
            }
            drop(request);
            return;
        }
        takeFirst();
        send(request, size);
        answerInOrder();
        goOn();
    }

    private void send(RequestInProgress<B> request, int size) {
        if (size < 0) {
            letGo(request);
            end(null, null);
            return;
        }
        request.letGoOfFrame();
        unsent.add(size);
        silence.broken();
        traffic.sent(size + Integer.BYTES);
        effects.send(request);
    }

    /// The client took an answer, or never will. What may begin because of that does so in a turn of its own: one that
    /// asks without end would hold the loop.
    ///
    /// @param taken false when the connection is at its end
    public void sent(RequestInProgress<B> request, int size, boolean taken) {
        boolean wereMany = unsent.areMany();
        unsent.remove(size);
        request.taken(effects.nowNs(), traffic);
        budgets.answers().giveBack(request.takeAfforded());
        silence.broken();
        if (taken && !unsent.areMany() && ((wereMany && !waiting.isEmpty()) || !reading)) {
            setup.loop().later(this::goOn);
        }
    }

    /// Its answer will not be sent.
    private void drop(RequestInProgress<B> request) {
        open.remove(request);
        RequestInProgress.discard(request.takeAnswer());
        letGo(request);
    }

    private void letGo(RequestInProgress<B> request) {
        request.letGoOfFrame();
        budgets.answers().giveBack(request.takeAfforded());
    }

    // ---- time

    /// When [#tick] has something to do.
    public long deadlineNs() {
        long nextNs = Math.min(room.deadlineNs(), silence.deadlineNs(room.waits()));
        return session.isThrottled(effects.nowNs()) ? Math.min(nextNs, session.throttledUntilNs()) : nextNs;
    }

    public void tick() {
        long nowNs = effects.nowNs();
        if (closed) {
            return;
        }
        String slow = room.fault(nowNs, framing.holdsRoom() || waiting.holdRoom());
        String fault = slow != null ? slow : silence.fault(nowNs, room.waits());
        if (fault != null) {
            close(fault, null);
        } else if (silence.isIdle(nowNs) && open.isEmpty()) {
            end(null, null);
        } else {
            pump();
            effects.flush();
        }
    }

    // ---- the end

    /// A request of this connection met a bug in this broker: what belongs to it is not trusted any more.
    public void failed(RequestInProgress<B> request, Throwable bug) {
        if (!request.isEnded()) {
            abandon(request, bug);
        }
        close("a request met a bug in this broker", bug);
    }

    private void close(String reason, @Nullable Throwable bug) {
        if (!closed) {
            traffic.closedForFault();
            end(reason, bug);
        }
    }

    private void end(@Nullable String reason, @Nullable Throwable bug) {
        closed = true;
        stopReceiving();
        effects.close(reason, bug);
    }

    private void abandon(RequestInProgress<B> request, @Nullable Throwable bug) {
        request.endsConnection("it is of no use any more", bug);
        request.letGoOfElements();
        drop(request);
    }

    private void stopReceiving() {
        framing.end();
        while (!waiting.isEmpty()) {
            waiting.takeFirst().letGoOfFrame();
        }
        List.copyOf(open).stream().filter(RequestInProgress::leavesTheLine).forEach(one -> abandon(one, null));
    }

    /// The connection is no more.
    public void gone() {
        if (!closed) {
            closed = true;
            stopReceiving();
        }
        setup.host().disconnected(this, setup.loop());
        boolean comesBack = encoding;
        while (!open.isEmpty()) {
            RequestInProgress<B> left = open.poll();
            if (comesBack || left.isReading()) {
                // Somebody is at its bytes, and brings it back.
                comesBack = false;
            } else if (left.isEnded()) {
                drop(left);
            } else {
                effects.disconnected(left);
            }
        }
    }
}
