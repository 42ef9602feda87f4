package io.chapar.transport;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import org.jspecify.annotations.Nullable;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Finds out within a time that is given whether a broker listens, by asking for its versions: a client keeps trying,
/// since a broker may be on its way up; a person who mistyped a port wants to know. Blocks the caller.
public final class BrokerProbe {
    private static final short VERSION = 0;
    private static final int CORRELATION_ID = 1;
    private static final long GRACE_NS = 500_000_000;
    private static final int MAX_ANSWER_BYTES = 1024 * 1024;
    /// A TLS alert, or a handshake record.
    private static final int FIRST_TLS = 0x15;
    private static final int LAST_TLS = 0x16;

    /// No problem where it is a broker.
    private record Finding(int number, @Nullable String problem) {
    }

    private BrokerProbe() {
    }

    /// Asks all of them at once. Empty when one answered as a broker does, else what is wrong with each, in their
    /// order.
    public static List<String> problems(List<Node> nodes, int timeoutMs) throws InterruptedException {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        LinkedBlockingQueue<Finding> findings = new LinkedBlockingQueue<>();
        Map<Integer, String> problems = new TreeMap<>();
        for (int number = 0; number < nodes.size(); number++) {
            int asked = number;
            Node node = nodes.get(number);
            problems.put(number, node + " gave no answer within " + timeoutMs + " ms");
            // A process that ends waits a third of a second for the thread under the virtual ones.
            Thread.ofPlatform().daemon().start(
                    () -> findings.add(new Finding(asked, problem(node, deadlineNs, timeoutMs))));
        }
        for (int left = nodes.size(); left > 0; left--) {
            // What each says of its own end is told apart better than here; only a look-up of names may take longer.
            Finding finding = findings.poll(deadlineNs + GRACE_NS - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (finding == null) {
                break;
            }
            if (finding.problem() == null) {
                return List.of();
            }
            problems.put(finding.number(), finding.problem());
        }
        return List.copyOf(problems.values());
    }

    /// Null when it is a broker.
    private static @Nullable String problem(Node node, long deadlineNs, int timeoutMs) {
        InetSocketAddress address = new InetSocketAddress(node.host(), node.port());
        if (address.isUnresolved()) {
            return "unknown host " + node.host();
        }
        boolean connected = false;
        try (Socket socket = new Socket()) {
            socket.connect(address, leftMs(deadlineNs));
            connected = true;
            ByteBuffer question = Frames.request(ApiKey.API_VERSIONS, VERSION, CORRELATION_ID, "probe",
                    ApiVersionsRequest.builder().build());
            byte[] bytes = new byte[question.remaining()];
            question.get(bytes);
            socket.getOutputStream().write(bytes);
            return answerProblem(node, answer(socket, deadlineNs));
        } catch (SocketTimeoutException e) {
            return node + (connected ? " takes the connection, but did not say within " : " gave no answer within ")
                    + timeoutMs + " ms" + (connected ? " which versions it speaks" : "");
        } catch (NotTheProtocol e) {
            return node + " " + e.getMessage();
        } catch (EOFException e) {
            return node + " closes the connection when it is asked for its versions";
        } catch (IOException e) {
            return node + ": " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        }
    }

    private static @Nullable String answerProblem(Node node, ByteBuffer frame) {
        try {
            Frames.Answer answer = Frames.answer(frame, ApiKey.API_VERSIONS, VERSION);
            ErrorCode error = ErrorCode.of(((ApiVersionsResponse) answer.response()).errorCode());
            return answer.correlationId() != CORRELATION_ID ? node + " does not speak Kafka's protocol"
                    : error == ErrorCode.NONE ? null : node + " refuses to name its versions: " + error;
        } catch (MalformedMessageException e) {
            return node + " does not speak Kafka's protocol";
        }
    }

    /// Whoever sends byte after byte has no more time for it than one who is silent.
    private static ByteBuffer answer(Socket socket, long deadlineNs) throws IOException {
        DataInputStream in = new DataInputStream(socket.getInputStream());
        byte[] length = read(socket, in, Integer.BYTES, deadlineNs);
        int size = ByteBuffer.wrap(length).getInt();
        if (size < Integer.BYTES || size > MAX_ANSWER_BYTES) {
            throw new NotTheProtocol(length);
        }
        return ByteBuffer.wrap(read(socket, in, size, deadlineNs));
    }

    private static byte[] read(Socket socket, DataInputStream in, int size, long deadlineNs) throws IOException {
        byte[] bytes = new byte[size];
        int at = 0;
        while (at < size) {
            socket.setSoTimeout(leftMs(deadlineNs));
            int count = in.read(bytes, at, size - at);
            if (count < 0) {
                throw new EOFException();
            }
            at += count;
        }
        return bytes;
    }

    private static int leftMs(long deadlineNs) throws SocketTimeoutException {
        long left = TimeUnit.NANOSECONDS.toMillis(deadlineNs - System.nanoTime());
        if (left <= 0) {
            throw new SocketTimeoutException();
        }
        return (int) left;
    }

    private static final class NotTheProtocol extends IOException {
        private static final long serialVersionUID = 1L;

        NotTheProtocol(byte[] first) {
            super("speaks " + (first[0] >= FIRST_TLS && first[0] <= LAST_TLS && first[1] == 3 ? "TLS"
                    : new String(first, StandardCharsets.ISO_8859_1).startsWith("HTTP") ? "HTTP" : "something else")
                    + ", not Kafka's protocol");
        }
    }
}
