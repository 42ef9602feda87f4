package io.chapar.broker.group;

import io.chapar.protocol.ErrorCode;

import java.util.List;

/// Records of one group in as many appends as it takes, the last record last.
final class LongWrite {
    /// Of one append. More records follow in the next.
    private static final int MAX_RECORDS = 5_000;
    private static final long MAX_BYTES = 2_000_000;

    private LongWrite() {}

    static void write(
            GroupWriter writer,
            Group group,
            List<GroupRecord> records,
            long request,
            Step step,
            GroupWriter.Settled settled) {
        int count = 0;
        long bytes = 0;
        while (count < records.size() && count < MAX_RECORDS && bytes < MAX_BYTES) {
            bytes += GroupSizes.written(records.get(count));
            count++;
        }
        if (count == records.size()) {
            writer.write(group, records, request, step, settled);
            return;
        }
        List<GroupRecord> later = records.subList(count, records.size());
        writer.write(group, records.subList(0, count), request, step, (error, then) -> {
            if (error == ErrorCode.NONE) {
                write(writer, group, later, request, then, settled);
            } else {
                settled.now(error, then);
            }
        });
    }
}
