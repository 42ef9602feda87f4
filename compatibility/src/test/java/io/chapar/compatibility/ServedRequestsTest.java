package io.chapar.compatibility;

import io.chapar.broker.handler.ServedApis;
import io.chapar.protocol.message.ApiKey;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

import java.util.Set;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Which of the requests that a broker of Kafka's takes are served, and in which versions.
class ServedRequestsTest {
    private static Set<String> served() {
        Set<String> served = new TreeSet<>();
        ServedApis.all().forEach(api -> served.add(ApiKeys.forId(api.id()).name()));
        return served;
    }

    /// There are no users, and thus no access lists and tokens; one folder for each broker; what coordinators of share
    /// groups ask each other goes its own way.
    @Test
    void allAreButThese() {
        Set<String> missing = new TreeSet<>();
        ApiKeys.brokerApis().forEach(api -> missing.add(api.name()));
        missing.removeAll(served());
        assertEquals(new TreeSet<>(Set.of("SASL_HANDSHAKE", "SASL_AUTHENTICATE", "ALTER_USER_SCRAM_CREDENTIALS",
                "DESCRIBE_ACLS", "CREATE_ACLS", "DELETE_ACLS", "CREATE_DELEGATION_TOKEN", "RENEW_DELEGATION_TOKEN",
                "EXPIRE_DELEGATION_TOKEN", "DESCRIBE_DELEGATION_TOKEN", "ALTER_REPLICA_LOG_DIRS",
                "INITIALIZE_SHARE_GROUP_STATE", "READ_SHARE_GROUP_STATE", "READ_SHARE_GROUP_STATE_SUMMARY",
                "WRITE_SHARE_GROUP_STATE", "DELETE_SHARE_GROUP_STATE", "UNREGISTER_CONTROLLER")), missing);
    }

    /// Kafka's broker says 0 of Produce as well, for old librdkafka.
    @Test
    void versionsAreKafkasButForThese() {
        Set<String> other = new TreeSet<>();
        for (ApiKey api : ServedApis.all()) {
            ApiKeys kafka = ApiKeys.forId(api.id());
            ServedApis.Range range = ServedApis.range(api);
            String ours = range.advertisedLowest() + "-" + range.highest();
            String theirs = kafka.oldestVersion() + "-" + kafka.latestVersion(false);
            if (!ours.equals(theirs)) {
                other.add(kafka.name() + " " + ours + ", not " + theirs);
            }
        }
        assertEquals(Set.of("PRODUCE 0-13, not 3-13"), other);
    }
}
