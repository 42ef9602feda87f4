package io.chapar.broker.replica;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.AskedMetadata;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.partition.Leaders;
import io.chapar.broker.partition.Leadership;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static io.chapar.broker.metadata.BrokerImage.Standing.ACTIVE;
import static io.chapar.broker.metadata.BrokerImage.Standing.FENCED;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;

class IsrWishesTest {
    private static final int HERE = 1;
    private static final int NEWCOMER = 2;
    private static final int OTHER = 3;
    private static final long LIFE = 10;
    private static final TopicPartition ID = new TopicPartition("orders", 0);

    private final ManualLoop loop = new ManualLoop();
    private final List<MetadataRecord> records = new ArrayList<>();
    private ClusterImage image = ClusterImage.EMPTY;
    private long newcomersLife = 20;

    private final AskedMetadata metadata = new AskedMetadata(() -> image);
    private final IsrWishes wishes = new IsrWishes(HERE, LIFE, loop, metadata,
            (_, node) -> node == NEWCOMER ? newcomersLife : node * 10L, () -> false);

    private void broker(int node, long life, BrokerImage.Standing standing) {
        Registration registration = new Registration(node, new UUID(life, node), null, null, null);
        records.add(new MetadataRecord.BrokerKept(new BrokerImage(registration, life, standing)));
        image = ClusterImage.EMPTY.apply(records);
    }

    private Partition partition(Integer... isr) {
        return Partition.open(new PartitionSetup(ID, new UUID(1, 2), HERE,
                new PartitionImage(HERE, 3, 7, List.of(HERE, NEWCOMER, OTHER), List.of(isr), List.of()),
                LogConfig.defaults(), new DataFolder(new MemoryDisk(), 8), loop,
                Leaders.followedBy(Followers.NONE), ProducerLimits.none()));
    }

    private List<List<Integer>> asked() {
        return metadata.asked().stream()
                .map(one -> ((ChangeIsr) one).wishes().getFirst().isr().stream().map(InSync::node).toList()).toList();
    }

    /// What the broker had acknowledged it may have lost with that life: the controller is to refuse the wish then, not
    /// to take the life after it for in sync.
    @Test
    void aWishThatIsMadeAgainNamesTheLivesThatItWasMadeFor() {
        broker(NEWCOMER, 20, ACTIVE);
        Partition partition = partition(HERE);
        Leadership leadership = requireNonNull(partition.leadership());
        leadership.acknowledged(NEWCOMER, 0, 0);
        wishes.watch(partition);
        loop.advance(2_000);
        assertEquals(1, metadata.asked().size());

        newcomersLife = 30;
        metadata.unanswered(0);
        loop.advance(2_000);

        assertEquals(List.of(metadata.asked().getFirst(), metadata.asked().getFirst()), metadata.asked());
        assertEquals(List.of(new InSync(HERE, LIFE), new InSync(NEWCOMER, 20)),
                ((ChangeIsr) metadata.asked().getLast()).wishes().getFirst().isr());
    }

    /// It follows as soon as this partition is open there, and its other partitions take minutes.
    @Test
    void whoIsFencedYetKeepsNobodyElseOutAndComesInOnceItIsNot() {
        broker(NEWCOMER, 20, FENCED);
        broker(OTHER, 30, ACTIVE);
        Partition partition = partition(HERE);
        Leadership leadership = requireNonNull(partition.leadership());
        leadership.acknowledged(NEWCOMER, 0, 0);
        leadership.acknowledged(OTHER, 0, 0);
        wishes.watch(partition);
        loop.advance(2_000);
        assertEquals(List.of(List.of(HERE, OTHER)), asked());

        broker(NEWCOMER, 20, ACTIVE);
        PartitionImage with = new PartitionImage(
                HERE, 3, 8, List.of(HERE, NEWCOMER, OTHER), List.of(HERE, OTHER), List.of());
        partition.become(with);
        loop.advance(300);
        assertEquals(List.of(List.of(HERE, OTHER), List.of(HERE, NEWCOMER, OTHER)), asked());
    }

    /// Each wish that is refused is an entry in the log of all.
    @Test
    void nothingIsWishedWhileAllWhoAreToComeInAreFenced() {
        broker(NEWCOMER, 20, FENCED);
        Partition partition = partition(HERE);
        requireNonNull(partition.leadership()).acknowledged(NEWCOMER, 0, 0);
        wishes.watch(partition);
        loop.advance(2_000);
        assertEquals(List.of(), asked());
    }

    @Test
    void whoIsFencedKeepsNobodyIn() {
        broker(NEWCOMER, 20, FENCED);
        broker(OTHER, 30, ACTIVE);
        Partition partition = partition(HERE, OTHER);
        Leadership leadership = requireNonNull(partition.leadership());
        leadership.acknowledged(OTHER, 0, 0);
        leadership.lost(OTHER);
        for (int i = 0; i < 11; i++) {
            leadership.acknowledged(NEWCOMER, 0, 0);
            wishes.watch(partition);
            loop.advance(1_000);
        }
        assertEquals(List.of(List.of(HERE)), asked());
    }

    /// A life of it that the cluster knows began after the one that acknowledged: that one has ended.
    @Test
    void whoLivesAnotherLifeByNowIsNotWishedFor() {
        broker(NEWCOMER, 25, ACTIVE);
        broker(OTHER, 30, ACTIVE);
        Partition partition = partition(HERE);
        Leadership leadership = requireNonNull(partition.leadership());
        leadership.acknowledged(NEWCOMER, 0, 0);
        leadership.acknowledged(OTHER, 0, 0);
        wishes.watch(partition);
        loop.advance(2_000);
        assertEquals(List.of(List.of(HERE, OTHER)), asked());
    }
}
