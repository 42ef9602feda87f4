package io.chapar.broker.share.state;

import io.chapar.broker.share.state.ShareStateCommand.Delete;
import io.chapar.broker.share.state.ShareStateCommand.Initialize;
import io.chapar.broker.share.state.ShareStateCommand.Read;
import io.chapar.broker.share.state.ShareStateCommand.Summarize;
import io.chapar.broker.share.state.ShareStateCommand.Write;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DeleteShareGroupStateRequest;
import io.chapar.protocol.message.DeleteShareGroupStateResponse;
import io.chapar.protocol.message.InitializeShareGroupStateRequest;
import io.chapar.protocol.message.InitializeShareGroupStateResponse;
import io.chapar.protocol.message.ReadShareGroupStateRequest;
import io.chapar.protocol.message.ReadShareGroupStateResponse;
import io.chapar.protocol.message.ReadShareGroupStateSummaryRequest;
import io.chapar.protocol.message.ReadShareGroupStateSummaryResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.WriteShareGroupStateRequest;
import io.chapar.protocol.message.WriteShareGroupStateResponse;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// A [ShareStateCommand] and its answer as brokers tell them each other: Kafka's requests, each for one partition.
public final class ShareStateWire {
    /// Of WriteShareGroupState and ReadShareGroupStateSummary; 0 of the others.
    private static final short WITH_COUNT = 1;

    private ShareStateWire() {}

    static short version(ShareStateCommand command) {
        return command instanceof Write || command instanceof Summarize ? WITH_COUNT : 0;
    }

    static Request request(ShareStateCommand command) {
        ShareKey key = command.key();
        return switch (command) {
            case Initialize c -> new InitializeShareGroupStateRequest(key.groupId(), List.of(
                    new InitializeShareGroupStateRequest.InitializeStateData(key.topicId(), List.of(
                            new InitializeShareGroupStateRequest.PartitionData(
                                    key.partition(), c.stateEpoch(), c.startOffset())))));
            case Read c -> new ReadShareGroupStateRequest(key.groupId(), List.of(
                    new ReadShareGroupStateRequest.ReadStateData(key.topicId(), List.of(
                            new ReadShareGroupStateRequest.PartitionData(key.partition(), c.leaderEpoch())))));
            case Write c -> new WriteShareGroupStateRequest(key.groupId(), List.of(
                    new WriteShareGroupStateRequest.WriteStateData(key.topicId(), List.of(
                            new WriteShareGroupStateRequest.PartitionData(
                                    key.partition(), c.stateEpoch(), c.leaderEpoch(), c.startOffset(),
                                    c.completeCount(), c.batches().stream()
                                            .map(one -> new WriteShareGroupStateRequest.StateBatch(
                                                    one.first(), one.last(), one.state(), one.deliveries()))
                                            .toList())))));
            case Delete _ -> new DeleteShareGroupStateRequest(key.groupId(), List.of(
                    new DeleteShareGroupStateRequest.DeleteStateData(key.topicId(), List.of(
                            new DeleteShareGroupStateRequest.PartitionData(key.partition())))));
            case Summarize _ -> new ReadShareGroupStateSummaryRequest(key.groupId(), List.of(
                    new ReadShareGroupStateSummaryRequest.ReadStateSummaryData(key.topicId(), List.of(
                            new ReadShareGroupStateSummaryRequest.PartitionData(key.partition(), -1)))));
        };
    }

    /// Null for a request of another kind, or for more than one partition, which no broker here sends.
    public static @Nullable ShareStateCommand command(Request request) {
        return switch (request) {
            case InitializeShareGroupStateRequest r
                when isOne(r.topics()) && isOne(r.topics().getFirst().partitions()) -> {
                var one = r.topics().getFirst().partitions().getFirst();
                yield new Initialize(new ShareKey(r.groupId(), r.topics().getFirst().topicId(), one.partition()),
                        one.stateEpoch(), one.startOffset());
            }
            case ReadShareGroupStateRequest r when isOne(r.topics()) && isOne(r.topics().getFirst().partitions()) -> {
                var one = r.topics().getFirst().partitions().getFirst();
                yield new Read(new ShareKey(r.groupId(), r.topics().getFirst().topicId(), one.partition()),
                        one.leaderEpoch());
            }
            case WriteShareGroupStateRequest r when isOne(r.topics()) && isOne(r.topics().getFirst().partitions()) -> {
                var one = r.topics().getFirst().partitions().getFirst();
                ShareKey key = new ShareKey(r.groupId(), r.topics().getFirst().topicId(), one.partition());
                yield one.stateBatches().stream().allMatch(ShareStateWire::isSound)
                        ? new Write(key, one.stateEpoch(), one.leaderEpoch(), one.startOffset(),
                                one.deliveryCompleteCount(), one.stateBatches().stream()
                                        .map(batch -> new StateBatch(batch.firstOffset(), batch.lastOffset(),
                                                batch.deliveryState(), batch.deliveryCount())).toList())
                        : null;
            }
            case DeleteShareGroupStateRequest r when isOne(r.topics()) && isOne(r.topics().getFirst().partitions()) ->
                new Delete(new ShareKey(r.groupId(), r.topics().getFirst().topicId(),
                        r.topics().getFirst().partitions().getFirst().partition()));
            case ReadShareGroupStateSummaryRequest r
                when isOne(r.topics()) && isOne(r.topics().getFirst().partitions()) ->
                new Summarize(new ShareKey(r.groupId(), r.topics().getFirst().topicId(),
                        r.topics().getFirst().partitions().getFirst().partition()));
            default -> null;
        };
    }

    private static boolean isOne(List<?> all) {
        return all.size() == 1;
    }

    private static boolean isSound(WriteShareGroupStateRequest.StateBatch batch) {
        return batch.firstOffset() >= 0 && batch.firstOffset() <= batch.lastOffset()
                && StateBatch.isState(batch.deliveryState());
    }

    public static Response response(ShareStateCommand command, ShareStateReply reply) {
        ShareKey key = command.key();
        short error = reply.error().code();
        return switch (command) {
            case Initialize _ -> new InitializeShareGroupStateResponse(List.of(
                    new InitializeShareGroupStateResponse.InitializeStateResult(key.topicId(), List.of(
                            new InitializeShareGroupStateResponse.PartitionResult(key.partition(), error, null)))));
            case Read _ -> new ReadShareGroupStateResponse(List.of(
                    new ReadShareGroupStateResponse.ReadStateResult(key.topicId(), List.of(
                            new ReadShareGroupStateResponse.PartitionResult(
                                    key.partition(), error, null, reply.stateEpoch(), reply.startOffset(),
                                    reply.batches().stream()
                                            .map(one -> new ReadShareGroupStateResponse.StateBatch(
                                                    one.first(), one.last(), one.state(), one.deliveries()))
                                            .toList())))));
            case Write _ -> new WriteShareGroupStateResponse(List.of(
                    new WriteShareGroupStateResponse.WriteStateResult(key.topicId(), List.of(
                            new WriteShareGroupStateResponse.PartitionResult(key.partition(), error, null)))));
            case Delete _ -> new DeleteShareGroupStateResponse(List.of(
                    new DeleteShareGroupStateResponse.DeleteStateResult(key.topicId(), List.of(
                            new DeleteShareGroupStateResponse.PartitionResult(key.partition(), error, null)))));
            case Summarize _ -> new ReadShareGroupStateSummaryResponse(List.of(
                    new ReadShareGroupStateSummaryResponse.ReadStateSummaryResult(key.topicId(), List.of(
                            new ReadShareGroupStateSummaryResponse.PartitionResult(
                                    key.partition(), error, null, reply.stateEpoch(), reply.leaderEpoch(),
                                    reply.startOffset(), reply.completeCount())))));
        };
    }

    /// An answer of this broker's own kind names the one partition that was asked for.
    static ShareStateReply reply(Response response) {
        return switch (response) {
            case InitializeShareGroupStateResponse r ->
                error(r.results().getFirst().partitions().getFirst().errorCode());
            case ReadShareGroupStateResponse r -> {
                var one = r.results().getFirst().partitions().getFirst();
                yield new ShareStateReply(ErrorCode.of(one.errorCode()), one.stateEpoch(), 0, one.startOffset(), -1,
                        one.stateBatches().stream().map(batch -> new StateBatch(batch.firstOffset(),
                                batch.lastOffset(), batch.deliveryState(), batch.deliveryCount())).toList());
            }
            case WriteShareGroupStateResponse r -> error(r.results().getFirst().partitions().getFirst().errorCode());
            case DeleteShareGroupStateResponse r -> error(r.results().getFirst().partitions().getFirst().errorCode());
            case ReadShareGroupStateSummaryResponse r -> {
                var one = r.results().getFirst().partitions().getFirst();
                yield new ShareStateReply(ErrorCode.of(one.errorCode()), one.stateEpoch(), one.leaderEpoch(),
                        one.startOffset(), one.deliveryCompleteCount(), List.of());
            }
            default -> throw new IllegalStateException("another broker answers with " + response.getClass());
        };
    }

    private static ShareStateReply error(short code) {
        return ShareStateReply.of(ErrorCode.of(code));
    }
}
