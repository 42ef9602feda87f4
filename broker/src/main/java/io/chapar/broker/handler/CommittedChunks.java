package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// Offsets on their way into a group, of each partition the last that was named, and not too many by one command: a
/// command is judged, written and applied in one turn, and its records have to fit into one batch.
final class CommittedChunks {
    private static final int OFFSETS_AT_ONCE = 2000;

    private CommittedChunks() {}

    /// Those of partitions that exist.
    static <P> void collect(
            List<P> partitions,
            ToIntFunction<P> index,
            Function<P, Offset> offset,
            TopicImage topic,
            SequencedMap<TopicPartition, Offset> into) {
        for (P partition : partitions) {
            if (topic.hasPartition(index.applyAsInt(partition))) {
                Offset one = offset.apply(partition);
                into.put(one.partition(), one);
            }
        }
    }

    /// @param command commits some of them, and gives their errors on the loop
    static void commit(
            SequencedMap<TopicPartition, Offset> offsets,
            Loop loop,
            BiConsumer<List<Offset>, Consumer<Map<TopicPartition, ErrorCode>>> command,
            Consumer<Map<TopicPartition, ErrorCode>> done) {
        Map<TopicPartition, ErrorCode> errors = new LinkedHashMap<>();
        Slices.inTurn(loop, Slices.chunks(List.copyOf(offsets.values()), OFFSETS_AT_ONCE), List::size,
                (some, next) -> command.accept(some, answered -> {
                    errors.putAll(answered);
                    next.run();
                }),
                () -> done.accept(errors));
    }
}
