package io.chapar.broker.metadata;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.ClusterDelta.TopicChange;
import io.chapar.broker.metadata.MetadataRecord.BrokerBegan;
import io.chapar.broker.metadata.MetadataRecord.ClusterCreated;
import io.chapar.broker.metadata.MetadataRecord.Configured;
import io.chapar.broker.metadata.MetadataRecord.PartitionsAdded;
import io.chapar.broker.metadata.MetadataRecord.QuotasSet;
import io.chapar.broker.metadata.MetadataRecord.TopicConfigured;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.MetadataRecord.TopicDeleted;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ClusterImageTest {
    private static final UUID A = new UUID(1, 1);
    private static final UUID B = new UUID(2, 2);
    private static final SortedMap<String, String> NO_CONFIG = Collections.emptySortedMap();

    private static BrokerBegan began(int node) {
        return new BrokerBegan(Registration.alone(node, Registration.UNKNOWN));
    }

    private static List<PartitionImage> onOne(int count) {
        return Collections.nCopies(count, PartitionImage.born(List.of(1)));
    }

    private final ClusterImage image = ClusterImage.EMPTY.apply(List.of(
            new ClusterCreated(new UUID(9, 9)), began(1), began(2),
            new TopicCreated(A, "a", List.of(PartitionImage.born(List.of(1)), PartitionImage.born(List.of(2, 1))),
                    NO_CONFIG),
            new TopicCreated(B, "b", onOne(600), NO_CONFIG)));

    private static ClusterDelta delta(ClusterImage from, MetadataRecord... records) {
        ClusterImage.Builder builder = new ClusterImage.Builder(from);
        List.of(records).forEach(builder::apply);
        return builder.delta();
    }

    @Test
    void aNewLifeOfABrokerIsANewEpochOfWhatItLeads() {
        ClusterImage after = image.apply(List.of(began(2)));
        assertSame(image.topic("b"), after.topic("b"));
        assertSame(image.topic("a").partition(0), after.topic("a").partition(0));
        PartitionImage led = after.topic("a").partition(1);
        assertEquals(new PartitionImage(2, 1, 1, List.of(2, 1), List.of(2, 1), List.of()), led);
        assertEquals(after.version(), after.brokers().get(2).epoch());
        assertEquals(image.brokers().get(1), after.brokers().get(1));
        assertSame(after.topic("a"), after.topic(A));
        assertEquals(List.of(new TopicChange(image.topic("a"), after.topic("a"))),
                List.copyOf(delta(image, began(2)).topics()));
    }

    @Test
    void aDeltaNamesWhatDiffersAndNothingElse() {
        TreeMap<String, String> config = new TreeMap<>(Map.of("flush.ms", "7"));
        ClusterDelta delta = delta(image, new TopicConfigured(A, config), new TopicDeleted(B),
                new TopicCreated(new UUID(3, 3), "b", onOne(1), NO_CONFIG));
        List<TopicChange> changes = List.copyOf(delta.topics());
        assertEquals(3, changes.size());
        assertEquals("7", changes.get(0).is().config().get("flush.ms"));
        assertTrue(changes.get(1).isDeleted());
        assertTrue(changes.get(2).isCreated());
        assertEquals(0, delta(image, new TopicCreated(new UUID(4, 4), "c", onOne(1), NO_CONFIG),
                new TopicDeleted(new UUID(4, 4))).topics().size());
    }

    /// Else each change would have to walk over all topics.
    @Test
    void theLengthOfAllSettingsFollowsEachChange() {
        SortedMap<String, String> seven = new TreeMap<>(Map.of("flush.ms", "7"));
        SortedMap<String, String> longer = new TreeMap<>(Map.of("flush.ms", "700", "retention.ms", "5"));
        ConfigOwner group = new ConfigOwner(ConfigOwner.Kind.GROUP, "g");
        ClusterImage next = image;
        long before = image.settingsChars();
        next = expect(next, before + 9, new TopicConfigured(A, seven));
        next = expect(next, before + 24, new TopicConfigured(A, longer));
        next = expect(next, before + 24, new PartitionsAdded(A, onOne(1)));
        next = expect(next, before + 33, new Configured(group, seven));
        next = expect(next, before + 42, new TopicCreated(new UUID(4, 4), "c", onOne(1), seven));
        next = expect(next, before + 33, new TopicDeleted(new UUID(4, 4)));
        next = expect(next, before + 24, new Configured(group, NO_CONFIG));
        next = expect(next, before + 9, new TopicConfigured(A, seven));
        expect(next, before, new TopicDeleted(A));
    }

    private static ClusterImage expect(ClusterImage image, long chars, MetadataRecord change) {
        ClusterImage after = image.apply(List.of(change));
        assertEquals(chars, after.settingsChars(), change.toString());
        return after;
    }

    @Test
    void partitionsThatAreAddedCopyNothingButTheLastPage() {
        PartitionPages few = PartitionPages.of(onOne(512));
        PartitionPages more = few.plus(onOne(100));
        assertEquals(612, more.size());
        assertEquals(onOne(612), more);
        ClusterImage after = image.apply(List.of(new PartitionsAdded(B, onOne(3))));
        assertEquals(603, after.topic("b").partitions());
        assertEquals(600, image.topic("b").partitions());
    }

    @Test
    void aSnapshotAndItsBytesLeadToTheSameImage() throws Exception {
        ClusterImage changed = image.apply(List.of(began(2), new TopicDeleted(B)));
        assertEquals(changed, ClusterImage.EMPTY.apply(changed.snapshot()));
        assertEquals(changed.snapshot(),
                MetadataCodec.decode(ByteBuffer.wrap(MetadataCodec.encode(changed.snapshot()))));
    }

    @Test
    void settingsAndQuotasAreInASnapshotUntilNothingIsLeftOfThem() throws Exception {
        SortedMap<String, String> config = new TreeMap<>(Map.of("num.partitions", "3"));
        SortedMap<String, Double> quota = new TreeMap<>(Map.of(Quotas.PRODUCED, 7.0));
        ClusterImage set = image.apply(List.of(
                new Configured(ConfigOwner.allBrokers(), config), new Configured(ConfigOwner.broker(1), config),
                new QuotasSet(QuotaEntity.ofClient(QuotaEntity.DEFAULT), quota),
                new QuotasSet(new QuotaEntity("u", "c", null), quota)));
        assertEquals(set, ClusterImage.EMPTY.apply(set.snapshot()));
        assertEquals(set.snapshot(), MetadataCodec.decode(ByteBuffer.wrap(MetadataCodec.encode(set.snapshot()))));
        assertEquals(2, set.settings().configs().size());
        assertEquals(2, set.settings().quotas().size());
        assertTrue(delta(image, new Configured(ConfigOwner.allBrokers(), config)).isConfigured());
        assertFalse(delta(image, new QuotasSet(new QuotaEntity("u", "c", null), quota)).isConfigured());
        ClusterImage none = set.apply(List.of(
                new Configured(ConfigOwner.allBrokers(), NO_CONFIG), new Configured(ConfigOwner.broker(1), NO_CONFIG),
                new QuotasSet(QuotaEntity.ofClient(QuotaEntity.DEFAULT), Collections.emptySortedMap()),
                new QuotasSet(new QuotaEntity("u", "c", null), Collections.emptySortedMap())));
        assertEquals(ClusterSettings.NONE, none.settings());
    }

    /// Bytes as they were before registrations said where brokers link, and as a broker that has no others still writes
    /// them.
    @Test
    void registrationsWithoutAnAddressForLinksKeepTheirBytes() throws Exception {
        String head = "00000001" + "0d" + "00000007" + "0000000000000001" + "0000000000000002";
        String clients = "01" + "0001" + "68" + "2384";
        MetadataRecord without = new MetadataRecord.BrokerRegistered(
                new Registration(7, new UUID(1, 2), new HostPort("h", 9092), null, "r"));
        byte[] bytes = HexFormat.of().parseHex(head + clients + "01" + "0001" + "72");
        assertEquals(List.of(without), MetadataCodec.decode(ByteBuffer.wrap(bytes)));
        assertArrayEquals(bytes, MetadataCodec.encode(List.of(without)));
        MetadataRecord with = new MetadataRecord.BrokerRegistered(
                new Registration(7, new UUID(1, 2), new HostPort("h", 9092), new HostPort("p", 65_535), null));
        byte[] longer = HexFormat.of().parseHex(head.replace("010d", "012d") + clients + "00" + "0001" + "70" + "ffff");
        assertArrayEquals(longer, MetadataCodec.encode(List.of(with)));
        assertEquals(List.of(with), MetadataCodec.decode(ByteBuffer.wrap(longer)));
    }

    /// What one change costs does not depend on how many topics there are: 100,000 topics, each changed once.
    @Test
    void aChangeOfALargeClusterSharesTheRest() {
        List<MetadataRecord> records = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            records.add(new TopicCreated(new UUID(i, 7), "t" + i, onOne(1), NO_CONFIG));
        }
        ClusterImage large = image.apply(records);
        ClusterImage last = large;
        TreeMap<String, String> config = new TreeMap<>(Map.of("flush.ms", "7"));
        for (int i = 0; i < 1_000; i++) {
            last = last.apply(List.of(new TopicConfigured(new UUID(i * 100L, 7), config)));
        }
        assertEquals("7", last.topic("t99900").config().get("flush.ms"));
        assertSame(large.topic("t1"), last.topic("t1"));
        assertEquals(100_002, last.topics().size());
    }
}
