package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.DefaultAfterRollbackProcessor;
import org.springframework.kafka.transaction.KafkaTransactionManager;
import org.springframework.util.backoff.FixedBackOff;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A listener of Spring's that writes what it reads, in transactions that its container begins and ends. At every
/// seventh record it fails once, after it has written.
@Configuration
@EnableKafka
class SpringTransactions {
    static final String IN = "spring-in";
    static final String OUT = "spring-out";
    private static final int FAILS_AT = 7;

    /// At what it has failed.
    final Set<String> failed = ConcurrentHashMap.newKeySet();
    private final String bootstrap;
    private final String protocol;

    SpringTransactions(Environment environment) {
        bootstrap = environment.getRequiredProperty("bootstrap");
        protocol = environment.getRequiredProperty("protocol");
    }

    @Bean
    ProducerFactory<String, String> producers() {
        DefaultKafkaProducerFactory<String, String> factory = new DefaultKafkaProducerFactory<>(
                Map.of("bootstrap.servers", bootstrap, "transaction.timeout.ms", 10_000),
                new StringSerializer(), new StringSerializer());
        factory.setTransactionIdPrefix("spring-");
        return factory;
    }

    @Bean
    KafkaTemplate<String, String> template() {
        return new KafkaTemplate<>(producers());
    }

    @Bean
    KafkaTransactionManager<String, String> transactions() {
        return new KafkaTransactionManager<>(producers());
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory() {
        ConcurrentKafkaListenerContainerFactory<String, String> factory =
                new ConcurrentKafkaListenerContainerFactory<>();
        factory.setConsumerFactory(new DefaultKafkaConsumerFactory<>(
                Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "group.protocol", protocol,
                        "isolation.level", StockClients.READ_COMMITTED, "max.poll.records", 50),
                new StringDeserializer(), new StringDeserializer()));
        factory.getContainerProperties().setKafkaAwareTransactionManager(transactions());
        factory.setAfterRollbackProcessor(
                new DefaultAfterRollbackProcessor<>(new FixedBackOff(0, FixedBackOff.UNLIMITED_ATTEMPTS)));
        return factory;
    }

    @KafkaListener(id = "copy", topics = IN, concurrency = "3")
    void copy(ConsumerRecord<String, String> read) {
        var _ = template().send(OUT, read.key(), read.value());
        if (read.offset() % FAILS_AT == 0 && failed.add(read.value())) {
            throw new IllegalStateException("not this time");
        }
    }
}
