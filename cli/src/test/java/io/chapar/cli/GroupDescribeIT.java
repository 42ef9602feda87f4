package io.chapar.cli;

import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterConfigsResource;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest.AlterableConfig;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ShareAcknowledgeRequest;
import io.chapar.protocol.message.ShareAcknowledgeRequest.AcknowledgePartition;
import io.chapar.protocol.message.ShareAcknowledgeRequest.AcknowledgeTopic;
import io.chapar.protocol.message.ShareAcknowledgeRequest.AcknowledgementBatch;
import io.chapar.protocol.message.ShareAcknowledgeResponse;
import io.chapar.protocol.message.ShareFetchRequest;
import io.chapar.protocol.message.ShareFetchRequest.FetchPartition;
import io.chapar.protocol.message.ShareFetchRequest.FetchTopic;
import io.chapar.protocol.message.ShareFetchResponse;
import io.chapar.protocol.message.ShareGroupHeartbeatRequest;
import io.chapar.protocol.message.ShareGroupHeartbeatResponse;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.Subtopology;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TopicInfo;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.Topology;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import static io.chapar.cli.RunningBroker.done;
import static io.chapar.cli.RunningBroker.failed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// `chapar group` with groups of the kinds whose work the coordinator shares out.
final class GroupDescribeIT {
    private static final byte GROUP_CONFIG = 32;
    private static final byte SET = 0;
    private static final byte ACCEPT = 1;

    @TempDir
    private static Path folder;
    private static RunningBroker broker;
    private static GroupMemberCalls members;

    @BeforeAll
    static void start() throws IOException {
        broker = RunningBroker.start(folder, "group.streams.initial.rebalance.delay.ms=0",
                "offsets.topic.num.partitions=3", "share.coordinator.state.topic.num.partitions=3");
        members = new GroupMemberCalls(broker.address());
        members.findCoordinator("app");
    }

    @AfterAll
    static void stop() {
        members.close();
        broker.close();
    }

    private static Run run(String input, String... words) {
        return broker.run(input, words);
    }

    private static void isListed(String group, String state, String type) {
        String listed = done(run("", "group", "list"));
        assertTrue(listed.lines().anyMatch(line -> line.matches(group + " +" + state + " +" + type + " .*")), listed);
    }

    private static void hasLine(String text, String regex) {
        assertTrue(text.lines().anyMatch(line -> line.matches(regex)), text);
    }

    private static void has(String text, String part) {
        assertTrue(text.contains(part), text);
    }

    @Test
    void aStreamsGroupHasATopologyAndTasks() throws Exception {
        done(run("", "topic", "create", "clicks", "-p", "2"));
        done(run("a\nb\nc\n", "produce", "clicks", "--partition", "0"));
        TopicInfo counts = TopicInfo.builder().name("app-counts-changelog").build();
        StreamsGroupHeartbeatRequest.Builder join = StreamsGroupHeartbeatRequest.builder()
                .groupId("app").memberId("thread-1").rebalanceTimeoutMs(60_000).processId("process-1")
                .topology(new Topology(1, List.of(Subtopology.builder().subtopologyId("0")
                        .sourceTopics(List.of("clicks")).stateChangelogTopics(List.of(counts)).build())))
                .activeTasks(List.of()).standbyTasks(List.of()).warmupTasks(List.of());
        StreamsGroupHeartbeatResponse joined = members.until(
                join.build(), StreamsGroupHeartbeatResponse.class, answer -> answer.errorCode() == 0);
        isListed("app", "[A-Za-z]+", "streams");
        String text = describedWhenStable(joined.memberEpoch());
        hasLine(text, "Group app, Stable, type streams, assignor sticky, coordinator 1, epoch \\d+, topology epoch 1");
        hasLine(text, "thread-1 +member +/127.0.0.1 +\\d+ +0_0,0_1 +- +-");
        hasLine(text, "0 +clicks +source +- +-");
        hasLine(text, "0 +app-counts-changelog +changelog +2 +-");
        hasLine(text, "clicks +0 +- +3 +- +3 +thread-1");
        hasLine(text, "clicks +1 +- +0 +- +0 +thread-1");

        String json = done(run("", "group", "describe", "app", "-o", "json"));
        has(json, "\"group\":\"app\",\"type\":\"streams\",\"state\":\"");
        has(json, "\"topology\":{\"epoch\":1,\"subtopologies\":[{\"subtopology\":\"0\",\"sources\":[\"clicks\"],"
                + "\"repartitionSinks\":[],\"repartitionSources\":[],\"changelogs\":[{\"topic\":"
                + "\"app-counts-changelog\",\"partitions\":2,\"replicas\":null,\"config\":{}}]}]}");
        has(json, "\"process\":\"process-1\"");
        has(json, "\"tasks\":{\"active\":[\"0_0\",\"0_1\"],\"standby\":[],\"warmup\":[]}");
        has(json, "{\"topic\":\"clicks\",\"partition\":0,\"committed\":null,\"end\":3,");
        done(run("", "status"));
    }

    @Test
    void aStreamsGroupWithoutItsSourceSaysThatItCannotRun() {
        members.until(StreamsGroupHeartbeatRequest.builder()
                .groupId("early").memberId("thread-1").rebalanceTimeoutMs(60_000).processId("process-1")
                .topology(new Topology(1, List.of(Subtopology.builder().subtopologyId("0")
                        .sourceTopics(List.of("later")).build())))
                .activeTasks(List.of()).standbyTasks(List.of()).warmupTasks(List.of()).build(),
                StreamsGroupHeartbeatResponse.class, answer -> answer.errorCode() == 0);
        String text = done(run("", "group", "describe", "early"));
        has(text, "Group early, NotReady, type streams");
        has(text, "topology epoch 1 (cannot run yet: ");
        has(done(run("", "group", "describe", "early", "-o", "yaml")), "subtopologies: null");
    }

    /// The member shows up again until it has come to what it is to have.
    private static String describedWhenStable(int joined) {
        AtomicInteger epoch = new AtomicInteger(joined);
        AtomicReference<String> text = new AtomicReference<>("");
        Awaitility.await().untilAsserted(() -> {
            StreamsGroupHeartbeatResponse beat = members.ask(StreamsGroupHeartbeatRequest.builder()
                    .groupId("app").memberId("thread-1").memberEpoch(epoch.get()).build(),
                    StreamsGroupHeartbeatResponse.class);
            assertEquals(0, beat.errorCode(), beat::toString);
            epoch.set(beat.memberEpoch());
            text.set(done(run("", "group", "describe", "app", "-o", "wide")));
            has(text.get(), "Group app, Stable");
            has(text.get(), "0_0,0_1");
        });
        return text.get();
    }

    @Test
    void aShareGroupHasAStartAndALagInEachPartition() throws Exception {
        done(run("", "topic", "create", "jobs", "-p", "2"));
        done(run("1\n2\n3\n4\n5\n", "produce", "jobs", "--partition", "0"));
        members.ask(IncrementalAlterConfigsRequest.builder().resources(List.of(new AlterConfigsResource(
                GROUP_CONFIG, "workers", List.of(new AlterableConfig("share.auto.offset.reset", SET, "earliest")))))
                .build(), IncrementalAlterConfigsResponse.class);
        UUID member = UUID.randomUUID();
        ShareGroupHeartbeatResponse joined = members.until(ShareGroupHeartbeatRequest.builder()
                .groupId("workers").memberId(member.toString()).subscribedTopicNames(List.of("jobs")).build(),
                ShareGroupHeartbeatResponse.class, answer -> answer.errorCode() == 0 && answer.memberEpoch() > 0);
        isListed("workers", "Stable", "share");
        hasLine(done(run("", "group", "describe", "workers", "-o", "wide")), "jobs +0 +- +- +" + member);
        acceptTwo(member);

        String text = done(run("", "group", "describe", "workers", "-o", "wide"));
        hasLine(text, "Group workers, Stable, type share, assignor simple, coordinator 1, epoch "
                + joined.memberEpoch());
        hasLine(text, member + " +member +/127.0.0.1 +" + joined.memberEpoch() + " +jobs-0,jobs-1");
        hasLine(text, "jobs +0 +2 +3 +" + member);
        String json = done(run("", "group", "describe", "workers", "-o", "json"));
        has(json, "\"type\":\"share\",\"state\":\"Stable\",\"assignor\":\"simple\",\"coordinator\":1,\"epoch\":");
        has(json, "\"topics\":[\"jobs\"],\"partitions\":[\"jobs-0\",\"jobs-1\"]");
        has(json, "{\"topic\":\"jobs\",\"partition\":0,\"start\":2,\"lag\":3,\"members\":[\"" + member
                + "\"],\"problem\":null}");
        done(run("", "status"));

        // Nobody is in any more: what is done with is still told.
        members.ask(ShareGroupHeartbeatRequest.builder().groupId("workers").memberId(member.toString())
                .memberEpoch(-1).build(), ShareGroupHeartbeatResponse.class);
        String empty = done(run("", "group", "describe", "workers"));
        hasLine(empty, "Group workers, Empty, type share, .*");
        hasLine(empty, "jobs +0 +2 +3 +-");
        failed(run("", "group", "reset", "workers", "jobs", "--to", "earliest", "--execute"),
                "is a share group");
    }

    /// Of partition 0 of `jobs`.
    private static void acceptTwo(UUID member) throws Exception {
        UUID topic = members.ask(MetadataRequest.builder().topics(List.of(MetadataRequest.MetadataRequestTopic
                .builder().name("jobs").build())).build(), MetadataResponse.class).topics().getFirst().topicId();
        members.until(ShareFetchRequest.builder().groupId("workers").memberId(member.toString()).shareSessionEpoch(0)
                .maxWaitMs(500).minBytes(1).maxRecords(100).batchSize(100)
                .topics(List.of(new FetchTopic(topic, List.of(new FetchPartition(0, 0, List.of()))))).build(),
                ShareFetchResponse.class, answer -> answer.errorCode() == 0 && answer.responses().stream()
                        .anyMatch(one -> !one.partitions().getFirst().acquiredRecords().isEmpty()));
        ShareAcknowledgeResponse said = members.ask(ShareAcknowledgeRequest.builder()
                .groupId("workers").memberId(member.toString()).shareSessionEpoch(1)
                .topics(List.of(new AcknowledgeTopic(topic, List.of(new AcknowledgePartition(0, List.of(
                        new AcknowledgementBatch(0, 1, List.of(ACCEPT)))))))).build(),
                ShareAcknowledgeResponse.class);
        assertEquals(0, said.errorCode());
        assertEquals(0, said.responses().getFirst().partitions().getFirst().errorCode());
    }

    @Test
    void aGroupOfTheConsumerProtocolHasEpochsAndMembers() throws Exception {
        done(run("", "topic", "create", "mail", "-p", "2"));
        done(run("1\n2\n", "produce", "mail", "--partition", "1"));
        ConsumerGroupHeartbeatResponse joined = members.until(ConsumerGroupHeartbeatRequest.builder()
                .groupId("post").memberId("postman").rebalanceTimeoutMs(60_000).subscribedTopicNames(List.of("mail"))
                .topicPartitions(List.of()).build(),
                ConsumerGroupHeartbeatResponse.class, answer -> answer.errorCode() == 0);
        isListed("post", "[A-Za-z]+", "consumer");
        String text = done(run("", "group", "describe", "post", "-o", "wide"));
        hasLine(text, "Group post, [A-Za-z]+, type consumer, assignor uniform, coordinator 1, epoch "
                + joined.memberEpoch());
        hasLine(text, "postman +- +member +/127.0.0.1 +" + joined.memberEpoch() + " +mail-0,mail-1");
        hasLine(text, "mail +1 +- +2 +- +2 +postman");
        String json = done(run("", "group", "describe", "post", "-o", "json"));
        has(json, "\"topics\":[\"mail\"],\"topicRegex\":null,\"partitions\":[\"mail-0\",\"mail-1\"],"
                + "\"target\":[\"mail-0\",\"mail-1\"]");
        failed(run("", "group", "describe", "nobody"), "no group 'nobody'");
        failed(run("", "group", "reset", "post", "mail", "--to", "earliest", "--execute"), "has 1 member");
        failed(run("", "group", "delete", "post"), "post");
    }
}
