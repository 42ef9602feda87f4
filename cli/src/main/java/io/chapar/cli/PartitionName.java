package io.chapar.cli;

import io.chapar.protocol.TopicPartition;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

import java.util.Collection;
import java.util.Set;

/// A partition as it is named on the command line: `TOPIC/PARTITION`.
final class PartitionName implements ITypeConverter<TopicPartition> {
    @Override
    public TopicPartition convert(String text) {
        int slash = text.lastIndexOf('/');
        try {
            int number = Integer.parseInt(text.substring(slash + 1));
            if (slash > 0 && number >= 0) {
                return new TopicPartition(text.substring(0, slash), number);
            }
        } catch (NumberFormatException notANumber) {
            throw unfit(text);
        }
        throw unfit(text);
    }

    private static TypeConversionException unfit(String text) {
        return new TypeConversionException("a partition is named TOPIC/PARTITION, as in orders/0, not '" + text + "'");
    }

    /// Nothing is begun or set by what only some of them say.
    static void requireAll(Collection<TopicPartition> asked, Set<TopicPartition> told) {
        for (TopicPartition one : asked) {
            if (!told.contains(one)) {
                throw new CommandFailure(of(one) + " is not there, or cannot be asked");
            }
        }
    }

    static String of(TopicPartition partition) {
        return partition.topic() + "/" + partition.partition();
    }
}
