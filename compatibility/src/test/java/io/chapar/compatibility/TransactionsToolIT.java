package io.chapar.compatibility;

import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.protocol.message.ResponseHeader;
import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.Exit;
import org.apache.kafka.tools.TransactionsCommand;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

import static io.chapar.compatibility.StockClients.READ_COMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own tool for transactions sees, and mends, what a Chapar broker has; and a broker that is left alone mends
/// it by itself.
@ResourceLock(KafkaTool.EXIT)
class TransactionsToolIT {
    private static final String TOPIC = "tooled";
    private static final long HOURS_AGO = System.currentTimeMillis() - Duration.ofHours(3).toMillis();

    @TempDir
    Path folder;

    /// The process of the tool would end with this.
    private static final class Ended extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int code;

        Ended(int code, String message) {
            super(message);
            this.code = code;
        }
    }

    /// The rows that the tool prints, without the heading, cells trimmed; fails when it fails. The tool itself leaves
    /// its client to the end of its process, which here goes on: so it is given one.
    private static List<List<String>> rows(ChaparProcess broker, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of("--bootstrap-server", broker.bootstrap()));
        line.addAll(List.of(words));
        Method execute = TransactionsCommand.class.getDeclaredMethod(
                "execute", String[].class, Function.class, PrintStream.class, Time.class);
        execute.setAccessible(true);
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        Exit.setExitProcedure((code, message) -> {
            throw new Ended(code, message);
        });
        try (Admin admin = new StockClients(broker.bootstrap()).admin();
                PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            Function<Object, Admin> supplier = _ -> admin;
            execute.invoke(null, line.toArray(String[]::new), supplier, out, Time.SYSTEM);
        } catch (InvocationTargetException e) {
            Ended end = assertInstanceOf(Ended.class, e.getCause());
            assertEquals(0, end.code, end.getMessage());
        } finally {
            Exit.resetExitProcedure();
        }
        return printed.toString(StandardCharsets.UTF_8).lines().skip(1)
                .map(row -> Stream.of(row.split("\t", -1)).map(String::strip).filter(cell -> !cell.isEmpty()).toList())
                .toList();
    }

    private static KafkaProducer<String, String> open(StockClients clients, String id, String value) throws Exception {
        KafkaProducer<String, String> producer = clients.producer("transactional.id=" + id, "retries=3");
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>(TOPIC, 0, HOURS_AGO, "k", value)).get();
        return producer;
    }

    @Test
    void listsDescribesAndTerminates() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"))) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (KafkaProducer<String, String> done = open(clients, "tool-done", "done")) {
                done.commitTransaction();
            }
            // What is written from then on lies behind its marker.
            Awaitility.await().untilAsserted(() ->
                    assertEquals(List.of("done"), clients.values(TOPIC, READ_COMMITTED)));
            try (KafkaProducer<String, String> open = open(clients, "tool-open", "open")) {
                List<List<String>> listed = rows(broker, "list");
                assertEquals(List.of("tool-done", "tool-open"), listed.stream().map(List::getFirst).sorted().toList());
                assertEquals(List.of("tool-open"), rows(broker, "list", "--transactional-id-pattern", "tool-o.*")
                        .stream().map(List::getFirst).toList());
                assertEquals(List.of("tool-done", "tool-open"), rows(broker, "list", "--duration-filter", "0")
                        .stream().map(List::getFirst).sorted().toList(), "begun before now, ended or not");
                assertEquals(List.of(), rows(broker, "list", "--duration-filter", "3600000"));

                List<String> described = rows(broker, "describe", "--transactional-id", "tool-open").getFirst();
                assertEquals("Ongoing", described.get(4));
                assertEquals(TOPIC + "-0", described.get(8));

                List<List<String>> producers =
                        rows(broker, "describe-producers", "--topic", TOPIC, "--partition", "0");
                assertEquals(2, producers.size(), producers::toString);
                assertEquals(List.of("2", "None"), producers.stream().map(List::getLast).sorted().toList());

                assertEquals(List.of(), rows(broker, "find-hanging", "--topic", TOPIC), "old, and not hanging");
                rows(broker, "forceTerminateTransaction", "--transactionalId", "tool-open");
                List<String> ended = rows(broker, "describe", "--transactional-id", "tool-open").getFirst();
                assertTrue(List.of("Empty", "CompleteAbort").contains(ended.get(4)), ended::toString);
                assertThrows(KafkaException.class, open::commitTransaction);
            }
            assertEquals(List.of("done"), clients.values(TOPIC, READ_COMMITTED));
        }
    }

    /// What Kafka's tools cannot do: a transaction outlives its producer and the broker, and is committed by its id.
    @Test
    void aPreparedTransactionIsCommittedByItsId() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(
                folder.resolve("data"), "transaction.two.phase.commit.enable=true")) {
            StockClients clients = new StockClients(broker.bootstrap());
            for (String id : List.of("two-phase-1", "two-phase-2")) {
                try (KafkaProducer<String, String> producer = open(clients, id, id)) {
                    adoptPrepared(broker, id);
                    broker.kill();
                    producer.close(Duration.ZERO);
                }
                broker.start();
            }
            String why = chapar(broker, 0, "txn", "why", TOPIC + "/0");
            assertTrue(why.contains("chapar txn commit two-phase-1"), why);
            String committed = chapar(broker, 0, "txn", "commit", "two-phase-1");
            assertTrue(committed.startsWith("Committed the prepared transaction of two-phase-1 in 1 partition"),
                    committed);
            assertTrue(chapar(broker, 1, "txn", "commit", "two-phase-1").contains("has no open transaction"));
            assertTrue(chapar(broker, 0, "txn", "abort", "two-phase-2").startsWith("Aborted the transaction"));
            assertEquals(List.of("two-phase-1"), clients.values(TOPIC, READ_COMMITTED));
            try (KafkaProducer<String, String> usual = open(clients, "usual", "usual")) {
                assertTrue(chapar(broker, 1, "txn", "commit", "usual").contains("no part in two-phase commit"));
                usual.commitTransaction();
            }
        }
    }

    /// What KIP-939's client does on a restart: takes the open transaction over, which has no timeout from then on.
    /// Kafka's client of this version does not speak that version of the request.
    private static void adoptPrepared(ChaparProcess broker, String id) throws IOException {
        short version = 6;
        ApiKey api = ApiKey.INIT_PRODUCER_ID;
        WireWriter out = new WireWriter();
        RequestHeader.builder().requestApiKey(api.id()).requestApiVersion(version).clientId("heir").build()
                .write(out, api.requestHeaderVersion(version));
        InitProducerIdRequest.builder().transactionalId(id).transactionTimeoutMs(1000).producerId(-1)
                .producerEpoch((short) -1).enable2Pc(true).keepPreparedTxn(true).build().write(out, version);
        ByteBuffer request = out.toBuffer();
        byte[] answer;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
            DataOutputStream to = new DataOutputStream(socket.getOutputStream());
            byte[] bytes = new byte[request.remaining()];
            request.get(bytes);
            to.writeInt(bytes.length);
            to.write(bytes);
            to.flush();
            DataInputStream from = new DataInputStream(socket.getInputStream());
            answer = from.readNBytes(from.readInt());
        }
        WireReader in = new WireReader(ByteBuffer.wrap(answer));
        ResponseHeader.read(in, api.responseHeaderVersion(version));
        InitProducerIdResponse heir = InitProducerIdResponse.read(in, version);
        assertEquals(0, heir.errorCode());
        assertTrue(heir.ongoingTxnProducerId() >= 0, "a transaction is open");
    }

    /// What the command prints, on either stream.
    private static String chapar(ChaparProcess broker, int exitCode, String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--bootstrap", broker.bootstrap()));
        try (StartedProcess process = ChaparProcess.command(broker.data().getParent(), line)) {
            int ended = process.exitCode();
            String printed = process.output() + process.errors();
            assertEquals(exitCode, ended, printed);
            return printed;
        }
    }

    /// The coordinator loses its memory in the middle of a transaction. The empty folders say that this is meant.
    private static void plantHanging(ChaparProcess broker) throws Exception {
        StockClients clients = new StockClients(broker.bootstrap());
        try (KafkaProducer<String, String> producer = open(clients, "tool-lost", "lost")) {
            broker.kill();
            try (Stream<Path> all = Files.list(broker.data())) {
                for (Path state : all.filter(p -> p.getFileName().toString().startsWith("__transaction_state-"))
                        .toList()) {
                    empty(state);
                }
            }
            broker.start();
            producer.close(Duration.ZERO);
        }
    }

    private static void empty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void findsWhatHangsAndAbortsIt() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(
                folder.resolve("data"), "transaction.hanging.check.interval.ms=0")) {
            plantHanging(broker);
            List<List<String>> hanging = rows(broker, "find-hanging", "--topic", TOPIC);
            assertEquals(1, hanging.size(), hanging::toString);
            assertEquals("0", hanging.getFirst().get(5), hanging::toString);
            assertEquals(hanging, rows(broker, "find-hanging", "--broker-id", "1"));

            rows(broker, "abort", "--topic", TOPIC, "--partition", "0", "--start-offset", "0");
            assertEquals(List.of(), rows(broker, "find-hanging", "--topic", TOPIC));
            StockClients clients = new StockClients(broker.bootstrap());
            try (KafkaProducer<String, String> after = open(clients, "tool-after", "after")) {
                after.commitTransaction();
            }
            Awaitility.await().untilAsserted(() ->
                    assertEquals(List.of("after"), clients.values(TOPIC, READ_COMMITTED)));
        }
    }

    @Test
    void theBrokerEndsItByItself() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"),
                "transaction.hanging.check.interval.ms=100", "transaction.hanging.grace.ms=500",
                "transaction.max.timeout.ms=60000")) {
            plantHanging(broker);
            broker.kill();
            // Who may have been given a minute waits for a minute; now nobody may have been given more than a second.
            broker.start("transaction.max.timeout.ms=1000");
            Awaitility.await().untilAsserted(() ->
                    assertEquals(List.of(), rows(broker, "find-hanging", "--topic", TOPIC)));
            // It is said when it is done.
            Awaitility.await().untilAsserted(() -> assertTrue(broker.output()
                    .contains("Aborted a hanging transaction at " + TOPIC + "-0: producer id"), broker::output));
            assertTrue(broker.output().contains("no coordinator knows its producer id"), broker::output);
        }
    }
}
