package io.chapar.broker.coordinator;

import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.runtime.Loop;

import java.util.function.Consumer;

/// Blocks of producer ids from the cluster's metadata.
public final class MetadataProducerIds implements ProducerIdBlocks {
    private static final int BLOCK = 1000;

    private final MetadataLog metadata;

    public MetadataProducerIds(MetadataLog metadata) {
        this.metadata = metadata;
    }

    /// A block whose outcome is unknown is lost: it is never asked for again, so it cannot be given twice.
    @Override
    public void next(Loop caller, Consumer<Block> done) {
        metadata.propose(new MetadataCommand.TakeProducerIds(BLOCK), caller, proposed -> {
            switch (proposed) {
                case MetadataLog.Committed<MetadataCommand.ProducerIdBlock> committed ->
                    done.accept(new Block(committed.result().first(), committed.result().count()));
                case MetadataLog.NotCommitted<MetadataCommand.ProducerIdBlock> _ -> done.accept(null);
            }
        });
    }
}
