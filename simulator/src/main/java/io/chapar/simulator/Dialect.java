package io.chapar.simulator;

import io.chapar.protocol.message.ApiKey;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.FinalizedFeatures;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// The versions of the protocol that one client speaks: the newest, or for each API the highest that an older library
/// would know; and whether it knows version 2 of transactions.
final class Dialect {
    private static final short LAST_V1_PRODUCE = 11;
    private static final short LAST_V1_TXN_OFFSET_COMMIT = 4;
    private static final short LAST_V1_END_TXN = 4;

    private final Map<ApiKey, Short> highest = new EnumMap<>(ApiKey.class);
    private final boolean transactionsV2;

    private Dialect(boolean transactionsV2) {
        this.transactionsV2 = transactionsV2;
        if (!transactionsV2) {
            highest.put(ApiKey.PRODUCE, LAST_V1_PRODUCE);
            highest.put(ApiKey.TXN_OFFSET_COMMIT, LAST_V1_TXN_OFFSET_COMMIT);
            highest.put(ApiKey.END_TXN, LAST_V1_END_TXN);
        }
    }

    static Dialect newest() {
        return new Dialect(true);
    }

    static Dialect drawn(RandomGenerator random, boolean transactionsV2) {
        Dialect dialect = new Dialect(transactionsV2);
        if (random.nextBoolean()) {
            for (ApiKey api : new ApiKey[] {ApiKey.METADATA, ApiKey.FIND_COORDINATOR, ApiKey.FETCH, ApiKey.LIST_OFFSETS,
                ApiKey.OFFSET_FETCH, ApiKey.HEARTBEAT, ApiKey.JOIN_GROUP, ApiKey.SYNC_GROUP, ApiKey.LEAVE_GROUP,
                ApiKey.INIT_PRODUCER_ID, ApiKey.OFFSET_COMMIT}) {
                dialect.highest.put(api, (short) (api.latestStable() - random.nextInt(5)));
            }
        }
        return dialect;
    }

    boolean transactionsV2() {
        return transactionsV2;
    }

    private Call limited(Call call) {
        Short most = highest.get(call.api());
        return most == null ? call : call.atMost(Math.max(call.lowest(), most));
    }

    Transport over(Transport transport) {
        return new Transport() {
            @Override
            public void send(Node node, Call call, Consumer<CallResult> done) {
                transport.send(node, limited(call), done);
            }

            @Override
            public FinalizedFeatures features() {
                FinalizedFeatures told = transport.features();
                return transactionsV2 || !told.transactionsV2() ? told : new FinalizedFeatures(told.epoch(), (short) 1);
            }

            @Override
            public short agreedVersion(Node node, Call call) {
                return transport.agreedVersion(node, limited(call));
            }

            @Override
            public void close() {
                transport.close();
            }
        };
    }
}
