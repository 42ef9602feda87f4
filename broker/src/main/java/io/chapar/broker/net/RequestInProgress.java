package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.request.Software;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

import static java.util.Objects.requireNonNull;

/// One request of a connection, from its frame to its answer; holds the frame that its slices point into.
///
///     waiting --> reading --> begun --> ended --> sent
///                 (beside               (answered, and held back
///                 the loop)             until those ahead have ended)
public final class RequestInProgress<B> implements RequestContext {
    /// Requests without records become objects many times their size, so they are held to a smaller bound.
    private static final int MAX_WITHOUT_RECORDS = 8 << 20;
    /// Before the next request begins of somebody who was not let wait, and will ask again at once.
    private static final int EARLY_PAUSE_MS = 100;
    private static final int VERSION_AT = 2;
    private static final int CORRELATION_AT = 4;

    private final ServerConnectionCore<B> connection;
    private final int charged;
    private final long arrivedNs;
    private final int size;
    private final short apiId;
    private final @Nullable ApiKey api;
    private final int correlationId;
    /// Null once it has been let go of.
    private @Nullable B frame;
    private ByteBuffer bytes;
    private short version;
    private long begunNs;
    private long answeredNs;
    /// Null until it is read.
    private @Nullable Incoming read;
    private String clientId = "";
    private boolean manyElements;
    private boolean reading;
    private boolean appended;
    private boolean ended;
    /// Null unless it ended with one.
    private @Nullable Response answer;
    /// Null unless it ends the connection.
    private @Nullable String refusal;
    private @Nullable Throwable bug;
    /// Elements of the answer that were taken from what all may have.
    private long afforded;
    /// Elements of records that loops of partitions have read for the answer; less than 0 once they are given back.
    private final AtomicLong loaded = new AtomicLong();
    private @Nullable Runnable onDisconnect;
    /// In the line for elements, and for which; null while it is in none.
    private SharedBudget.@Nullable Wait wait;
    private @Nullable SharedBudget waitsFor;
    /// Things that it keeps while it waits for what its client wants.
    private int kept;

    RequestInProgress(ServerConnectionCore<B> connection, B frame, ByteBuffer bytes, int charged,
            long arrivedNs) {
        this.connection = connection;
        this.frame = frame;
        this.bytes = bytes;
        this.charged = charged;
        this.arrivedNs = arrivedNs;
        this.size = bytes.remaining();
        this.apiId = bytes.getShort(bytes.position());
        this.api = ApiKey.of(apiId);
        this.version = bytes.getShort(bytes.position() + VERSION_AT);
        this.correlationId = bytes.getInt(bytes.position() + CORRELATION_AT);
        connection.setup().kept().keep(size - Math.min(size, charged));
    }

    // ---- what it is

    int charged() {
        return charged;
    }

    /// It waits, and should not keep what came with it from being let go of.
    void compact(FrameMemory<B> memory) {
        B own = memory.compact(requireNonNull(frame, "it has not begun"));
        frame = own;
        bytes = memory.view(own);
    }

    /// Once, with its share of what all may have.
    void letGoOfFrame() {
        B held = frame;
        frame = null;
        if (held != null) {
            connection.setup().budgets().frames().giveBack(charged);
            connection.setup().kept().letGo(size - Math.min(size, charged));
            connection.setup().memory().release(held);
        }
    }

    int size() {
        return size;
    }

    /// Null when nobody knows it.
    public @Nullable ApiKey api() {
        return api;
    }

    public int correlationId() {
        return correlationId;
    }

    private Incoming begun() {
        return requireNonNull(read, "a request is read before it begins");
    }

    /// Of a request that is served.
    public ApiKey known() {
        return requireNonNull(api, "what is not known is refused before");
    }

    /// From the moment in which it can begin.
    public Request body() {
        return begun().body();
    }

    /// Reads it from its start; from any thread. Throws [io.chapar.protocol.MalformedMessageException], for more than
    /// `allowance` elements too.
    Incoming parse(int allowance) {
        return Incoming.read(bytes.duplicate(), known(), version, allowance);
    }

    /// The work of [ConnectionEffects#readBeside], from any thread.
    ///
    /// @return what is to be run on the loop afterwards
    public Runnable readLarge(int maxElements) {
        try {
            Incoming whole = parse(maxElements);
            return () -> connection.read(this, whole, null);
        } catch (MalformedMessageException e) {
            return () -> connection.read(this, null, e.getMessage());
        }
    }

    /// Why it may not begin, whatever it says; null when it may.
    @Nullable String refusedUnread(Session session) {
        if (api == null) {
            return "unknown API key " + apiId;
        }
        if (session.phase() != Session.Phase.AUTHENTICATED && !leadsToAuthentication()) {
            return api + " before authentication";
        }
        return api != ApiKey.PRODUCE && size > MAX_WITHOUT_RECORDS ? api + " of " + size + " bytes" : null;
    }

    private boolean leadsToAuthentication() {
        return api == ApiKey.API_VERSIONS || api == ApiKey.SASL_HANDSHAKE || api == ApiKey.SASL_AUTHENTICATE;
    }

    // ---- its way

    /// Takes so many elements of what all may have, and then runs `then`: now, or when it has its turn.
    void take(SharedBudget budget, long elements, Runnable then) {
        SharedBudget.Wait inLine = budget.take(elements, loop(), () -> {
            wait = null;
            then.run();
        });
        if (inLine != null) {
            wait = inLine;
            waitsFor = budget;
        }
    }

    /// Out of the line in which it waits for elements; false when it is in none, or has just had its turn.
    boolean leavesTheLine() {
        SharedBudget.Wait inLine = wait;
        wait = null;
        return inLine != null && requireNonNull(waitsFor, "a line is that of a budget").giveUp(inLine);
    }

    void begins(Incoming as, long nowNs) {
        read = as;
        clientId = as.clientId();
        manyElements = as.elements() > ConnectionBudgets.SMALL_ELEMENTS;
        reading = false;
        begunNs = nowNs;
    }

    /// The answer is to be written in this version.
    void answeredInVersion(int other) {
        version = (short) other;
    }

    boolean isReading() {
        return reading;
    }

    void reading(boolean now) {
        reading = now;
    }

    /// Whether question or answer have so many elements that a loop should not wait for their bytes.
    boolean isLarge() {
        return manyElements || afforded > 0;
    }

    /// Gives back what its elements have taken, and what it kept while it waited.
    void letGoOfElements() {
        if (manyElements && read != null) {
            connection.setup().budgets().requests().giveBack(read.elements());
        }
        read = null;
        connection.setup().budgets().waiting().giveBack(kept);
        kept = 0;
    }

    void answered(short errorCode, long nowNs, TrafficMeters traffic) {
        answeredNs = nowNs;
        traffic.answered(known(), errorCode, begunNs - arrivedNs, nowNs - begunNs, clientId, nowNs);
    }

    /// The client has taken the answer, or never will.
    void taken(long nowNs, TrafficMeters traffic) {
        if (answeredNs != 0) {
            traffic.taken(known(), nowNs - answeredNs);
        }
    }

    boolean isEnded() {
        return ended;
    }

    /// @param response null when there is nothing to send
    void endsWith(@Nullable Response response) {
        ended = true;
        onDisconnect = null;
        answer = response;
    }

    void endsConnection(String why, @Nullable Throwable cause) {
        ended = true;
        onDisconnect = null;
        refusal = why;
        bug = cause;
    }

    @Nullable Response takeAnswer() {
        Response taken = answer;
        answer = null;
        return taken;
    }

    @Nullable String refusal() {
        return refusal;
    }

    @Nullable Throwable bug() {
        return bug;
    }

    /// Whether a Produce request may begin behind this one.
    boolean letsNextBegin() {
        return refusal == null && (appended || ended);
    }

    long takeAfforded() {
        long taken = afforded + Math.max(0, loaded.getAndSet(Long.MIN_VALUE));
        afforded = 0;
        return taken;
    }

    /// For whoever performs [ConnectionEffects#disconnected].
    public void runOnDisconnect() {
        Runnable task = onDisconnect;
        onDisconnect = null;
        if (task != null) {
            task.run();
        }
    }

    /// Lets go of what an answer holds that nobody will send.
    static void discard(@Nullable Response response) {
        if (response instanceof FetchResponse fetch) {
            fetch.responses().forEach(topic -> topic.partitions().forEach(partition -> {
                if (partition.records() instanceof FileRecords file) {
                    file.release();
                }
            }));
        }
    }

    // ---- as handlers see it

    @Override
    public Object connection() {
        return connection;
    }

    @Override
    public short apiVersion() {
        return version;
    }

    @Override
    public String clientId() {
        return clientId;
    }

    @Override
    public Software software() {
        return connection.session().software();
    }

    @Override
    public void introduces(Software software) {
        connection.session(connection.session().introduced(software));
    }

    @Override
    public int requestBytes() {
        return size;
    }

    @Override
    public void throttle(int ms) {
        loop().run(() -> connection.throttle(ms));
    }

    @Override
    public String clientHost() {
        return connection.session().clientHost();
    }

    @Override
    public String principal() {
        return connection.session().principal();
    }

    @Override
    public HostPort advertised() {
        return connection.session().advertised();
    }

    @Override
    public Loop loop() {
        return connection.setup().loop();
    }

    @Override
    public long nowMs() {
        return connection.setup().loop().nowMs();
    }

    @Override
    public void appended() {
        if (!appended) {
            appended = true;
            connection.appended();
        }
    }

    @Override
    public void reply(Response response) {
        loop().run(() -> connection.answered(this, response));
    }

    @Override
    public void replyNothing() {
        loop().run(() -> connection.answered(this, null));
    }

    @Override
    public void close(String reason) {
        loop().run(() -> connection.closeFor(this, reason));
    }

    @Override
    public long mostElements() {
        return connection.setup().budgets().answers().limit();
    }

    @Override
    public void afford(long elements, Runnable build) {
        SharedBudget answers = connection.setup().budgets().answers();
        if (elements <= ConnectionBudgets.SMALL_ELEMENTS) {
            build.run();
        } else if (elements > answers.limit()) {
            close("an answer of " + elements + " elements, and all answers together may have " + answers.limit());
        } else {
            take(answers, elements, () -> {
                if (ended) {
                    answers.giveBack(elements);
                } else {
                    afforded += elements;
                    build.run();
                }
            });
        }
    }

    @Override
    public boolean takesRoom(long bytes) {
        SharedBudget answers = connection.setup().budgets().answers();
        long elements = bytes / ConnectionBudgets.BYTES_PER_ELEMENT;
        if (!answers.tryTake(elements)) {
            return false;
        }
        if (loaded.addAndGet(elements) < 0) {
            answers.giveBack(elements);
        }
        return true;
    }

    @Override
    public void givesRoomBack(long bytes) {
        long elements = bytes / ConnectionBudgets.BYTES_PER_ELEMENT;
        if (loaded.getAndUpdate(now -> now < 0 ? now : now - elements) >= 0) {
            connection.setup().budgets().answers().giveBack(elements);
        }
    }

    @Override
    public void forget() {
        if (!ended) {
            letGoOfElements();
            letGoOfFrame();
        }
    }

    @Override
    public boolean mayWait(int things) {
        if (kept > 0) {
            return true;
        }
        SharedBudget waiting = connection.setup().budgets().waiting();
        if (things <= ConnectionBudgets.FEW_TO_KEEP) {
            waiting.takeAnyway(things);
        } else if (!waiting.tryTake(things)) {
            connection.throttle(EARLY_PAUSE_MS);
            return false;
        }
        forget();
        kept = things;
        return true;
    }

    @Override
    public void onDisconnect(Runnable task) {
        onDisconnect = task;
    }
}
