package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.retrytopic.TopicSuffixingStrategy;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// A listener of Spring's that fails at a record `NAME:N` the first N times that it gets it, with topics for what is to
/// be tried again, and one for what has been tried often enough.
@Configuration
@EnableKafka
@EnableKafkaRetryTopic
class SpringRetries {
    static final String TOPIC = "spring-orders";
    static final int ATTEMPTS = 3;

    /// `TOPIC VALUE` of each call.
    final Queue<String> tried = new ConcurrentLinkedQueue<>();
    final Queue<String> given = new ConcurrentLinkedQueue<>();
    private final String bootstrap;
    private final String protocol;

    SpringRetries(Environment environment) {
        bootstrap = environment.getRequiredProperty("bootstrap");
        protocol = environment.getRequiredProperty("protocol");
    }

    @RetryableTopic(attempts = "" + ATTEMPTS, backOff = @BackOff(delay = 100, multiplier = 2), numPartitions = "2",
            replicationFactor = "1", topicSuffixingStrategy = TopicSuffixingStrategy.SUFFIX_WITH_INDEX_VALUE)
    @KafkaListener(id = "orders", topics = TOPIC, concurrency = "2")
    void order(ConsumerRecord<String, String> order) {
        tried.add(order.topic() + " " + order.value());
        int failures = Integer.parseInt(order.value().substring(order.value().indexOf(':') + 1));
        long before = tried.stream().filter(one -> one.endsWith(" " + order.value())).count();
        if (before <= failures) {
            throw new IllegalArgumentException(order.value());
        }
    }

    @DltHandler
    void dead(ConsumerRecord<String, String> order) {
        given.add(order.value());
    }

    @Bean
    KafkaAdmin admin() {
        return new KafkaAdmin(Map.of("bootstrap.servers", bootstrap));
    }

    @Bean
    TaskScheduler scheduler() {
        return new ThreadPoolTaskScheduler();
    }

    @Bean
    ConcurrentKafkaListenerContainerFactory<String, String> kafkaListenerContainerFactory() {
        ConcurrentKafkaListenerContainerFactory<String, String> factory =
                new ConcurrentKafkaListenerContainerFactory<>();
        factory.setConsumerFactory(new DefaultKafkaConsumerFactory<>(
                Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest", "group.protocol", protocol),
                new StringDeserializer(), new StringDeserializer()));
        return factory;
    }

    @Bean
    KafkaTemplate<String, String> defaultRetryTopicKafkaTemplate() {
        return new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", bootstrap),
                new StringSerializer(), new StringSerializer()));
    }

    /// Of those that have been tried, the values that were met in this topic.
    List<String> triedIn(String topic) {
        return tried.stream().filter(one -> one.startsWith(topic + " "))
                .map(one -> one.substring(topic.length() + 1)).sorted().toList();
    }
}
