package io.chapar.compatibility;

import io.chapar.compatibility.MemberStory.Event;
import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A group of each kind of client, whose members join, leave and are killed under load while each of three brokers is
/// stopped and started and the one that coordinates the group is killed: no partition is with two members, no record is
/// left out, and none comes again that was said to be committed before its reader got the partition.
@Tag("nightly")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GroupMembersOfAClusterIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int PARTITIONS = 6;
    private static final int MEMBERS = 3;
    private static final Set<String> WITH_NUMBERS = Set.of("assigned", "revoked", "lost", "read", "committed");

    private Path folder;
    private ChaosCluster cluster;
    private StockClients stock;

    private record Member(String name, StartedProcess process) {}

    @BeforeAll
    void start(@TempDir Path given) throws InterruptedException {
        folder = given;
        cluster = new ChaosCluster(folder.resolve("cluster"), Map.of("offsets.topic.num.partitions", "3",
                "group.initial.rebalance.delay.ms", "0", "group.consumer.session.timeout.ms", "10000",
                "group.consumer.min.session.timeout.ms", "10000", "group.consumer.heartbeat.interval.ms", "500",
                "group.consumer.min.heartbeat.interval.ms", "500"));
        cluster.start();
        stock = new StockClients(cluster.bootstrap());
    }

    @AfterAll
    void end() {
        cluster.close();
    }

    @ParameterizedTest
    @EnumSource(MemberKind.class)
    void everyRecordIsReadByWhoeverHasItsPartition(MemberKind kind) throws Exception {
        try (Admin admin = stock.admin(); Run run = new Run(kind, admin)) {
            admin.createTopics(List.of(ChaosLoad.replicated(run.topic, PARTITIONS))).all().get();
            Thread writer = Thread.ofPlatform().start(run::write);
            for (int i = 0; i < MEMBERS; i++) {
                run.join();
            }
            run.awaitAllRead();
            run.join();
            run.awaitAllRead();
            run.leave();
            run.awaitAllRead();
            for (int broker = 1; broker <= ChaosCluster.BROKERS; broker++) {
                cluster.stop(broker);
                run.awaitAllRead();
                cluster.start();
                cluster.awaitAllInSync();
            }
            cluster.kill(run.coordinator());
            run.awaitAllRead();
            cluster.start();
            cluster.awaitAllInSync();
            run.kill();
            run.join();
            run.awaitAllRead();
            run.ending.countDown();
            writer.join();
            run.awaitAllRead();
            while (!run.present.isEmpty()) {
                run.leave();
            }
            run.judge();
        }
    }

    /// The group of one kind.
    private final class Run implements AutoCloseable {
        final String topic;
        final CountDownLatch ending = new CountDownLatch(1);
        final Deque<Member> present = new ArrayDeque<>();
        private final MemberKind kind;
        private final Admin admin;
        private final List<Member> all = new ArrayList<>();
        private final List<Event> own = new ArrayList<>();
        private final Set<String> complaints = new LinkedHashSet<>();
        private final ConcurrentLinkedQueue<String> unwritten = new ConcurrentLinkedQueue<>();
        private final Map<String, Integer> notes = new TreeMap<>();

        Run(MemberKind kind, Admin admin) {
            this.kind = kind;
            this.admin = admin;
            topic = "of-" + kind;
        }

        void write() {
            try (KafkaProducer<String, String> producer = stock.producer()) {
                for (int i = 0; !ending.await(4, TimeUnit.MILLISECONDS); i++) {
                    var _ = producer.send(new ProducerRecord<>(topic, i % PARTITIONS, "k" + i, "v" + i), this::wrote);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        private void wrote(RecordMetadata written, Exception failure) {
            if (failure != null) {
                unwritten.add(failure + " for " + written);
            }
        }

        void join() throws IOException, InterruptedException {
            Path own = Files.createDirectories(folder.resolve(kind.name()));
            Member member = new Member(kind + "-" + all.size(),
                    kind.start(own, List.of(cluster.bootstrap(), topic, "group-" + kind)));
            all.add(member);
            present.addLast(member);
        }

        /// The oldest.
        void leave() throws IOException {
            Member member = present.removeFirst();
            member.process().input().close();
            if (kind == MemberKind.KCAT) {
                member.process().terminate();
            }
            assertEquals(0, member.process().exitCode(), () -> member.process().errors());
        }

        /// The oldest.
        void kill() {
            Member member = present.removeFirst();
            own.add(new Event(System.nanoTime(), member.name(), "killed", List.of()));
            member.process().close();
        }

        private MemberStory story() {
            List<Event> events = new ArrayList<>(own);
            notes.clear();
            all.forEach(member -> events.addAll(said(member)));
            return new MemberStory(events);
        }

        private List<Event> said(Member member) {
            String output = member.process().output();
            List<Event> events = new ArrayList<>();
            // What it was about to say when it was killed does not count.
            output.substring(0, output.lastIndexOf('\n') + 1).lines().forEach(line -> {
                List<String> words = Arrays.asList(line.split(" "));
                boolean isNote = !WITH_NUMBERS.contains(words.get(1));
                if (isNote) {
                    notes.merge(String.join(" ", words.subList(1, words.size())), 1, Integer::sum);
                }
                events.add(new Event(Long.parseLong(words.get(0)), member.name(), words.get(1), isNote ? List.of()
                        : words.subList(2, words.size()).stream().map(Long::valueOf).toList()));
            });
            return events;
        }

        private Map<Integer, Long> ends() throws ExecutionException, InterruptedException {
            Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
            IntStream.range(0, PARTITIONS).forEach(each ->
                    asked.put(new TopicPartition(topic, each), OffsetSpec.latest()));
            Map<Integer, Long> ends = new TreeMap<>();
            admin.listOffsets(asked).all().get().forEach((partition, end) ->
                    ends.put(partition.partition(), end.offset()));
            return ends;
        }

        /// All that is written now; and everybody has a part.
        void awaitAllRead() {
            Map<Integer, Long> ends = Awaitility.await().atMost(LIMIT).ignoreExceptions().until(this::ends,
                    found -> found.size() == PARTITIONS);
            MemberStory[] last = new MemberStory[1];
            try {
                Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).until(() -> {
                    lookAtOwners();
                    MemberStory story = story();
                    last[0] = story;
                    return ends.entrySet().stream().allMatch(end ->
                            story.reached().getOrDefault(end.getKey(), 0L) >= end.getValue())
                            && (kind == MemberKind.KCAT || present.stream().mapToInt(member ->
                                    story.owned(member.name()).size()).filter(count -> count > 0).count()
                                    == present.size());
                });
            } catch (ConditionTimeoutException e) {
                Map<String, Object> owned = new LinkedHashMap<>();
                present.forEach(one -> owned.put(one.name(), last[0].owned(one.name()) + one.process().errors()));
                throw new AssertionError(owned + " of " + ends + ": " + last[0].reached() + last[0].complaints()
                        + last[0] + notes, e);
            }
        }

        /// The broker that coordinates the group.
        int coordinator() throws InterruptedException, ExecutionException {
            return admin.describeConsumerGroups(List.of("group-" + kind)).all().get().get("group-" + kind)
                    .coordinator().id();
        }

        /// As the coordinator says, in one answer.
        private void lookAtOwners() throws InterruptedException {
            try {
                ConsumerGroupDescription described = admin.describeConsumerGroups(List.of("group-" + kind))
                        .describedGroups().get("group-" + kind).get();
                Map<TopicPartition, String> owners = new HashMap<>();
                described.members().forEach(member -> member.assignment().topicPartitions().forEach(partition -> {
                    String other = owners.put(partition, member.consumerId());
                    if (other != null) {
                        complaints.add(partition + " is with " + other + " and " + member.consumerId());
                    }
                }));
            } catch (ExecutionException e) {
                notes.merge("not described: " + e.getCause(), 1, Integer::sum);
            }
        }

        void judge() throws Exception {
            MemberStory story = story();
            Map<Integer, Long> ends = ends();
            Map<Integer, BitSet> seen = new TreeMap<>();
            all.forEach(member -> said(member).stream().filter(event -> "read".equals(event.what())).forEach(event ->
                    seen.computeIfAbsent(event.partition(), _ -> new BitSet()).set(
                            Math.toIntExact(event.words().get(1)), Math.toIntExact(event.words().get(2) + 1))));
            List<String> unread = new ArrayList<>();
            ends.forEach((partition, end) -> {
                for (int at = seen.get(partition).nextClearBit(0); at < end;
                        at = seen.get(partition).nextClearBit(at + 1)) {
                    unread.add(partition + ":" + at);
                }
            });
            // kcat does not print what comes in the instant in which it is told to end, and commits it.
            assertTrue(unread.size() <= (kind == MemberKind.KCAT ? 1 : 0), unread::toString);
            assertEquals(List.of(), List.copyOf(unwritten));
            assertEquals(Set.of(), complaints);
            if (kind != MemberKind.KCAT) {
                assertEquals(List.of(), story.complaints());
                assertTrue(story.handedOver() > 2 * PARTITIONS, story::toString);
            }
            System.out.println(kind + ": " + story + " " + notes + " unread " + unread);
        }

        @Override
        public void close() {
            ending.countDown();
            all.forEach(member -> member.process().close());
        }
    }
}
