package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.processor.jdbc.Row;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/// How a record becomes a row: a statement with question marks, and what stands for them.
///
/// ```
/// JdbcStatement.of("INSERT INTO alerts (card, cents) VALUES (?, ?)",
///         alert -> JdbcStatement.values(alert.key(), alert.value()))
/// ```
/// Any statement that changes rows will do, an UPDATE or a MERGE for one. Values are what the driver takes for
/// `setObject`; an `Instant` goes as a timestamp with time zone. The function is called as the topology's others are,
/// perhaps more than once for a record; it does not see the database.
///
/// @param values as many as there are question marks
public record JdbcStatement<K, V>(String sql, Function<? super StreamRecord<K, V>, List<@Nullable Object>> values) {
    public JdbcStatement {
        if (sql.isBlank()) {
            throw new UsageException("A statement must be given");
        }
        Objects.requireNonNull(values, "values");
    }

    public static <K, V> JdbcStatement<K, V> of(String sql,
            Function<? super StreamRecord<K, V>, List<@Nullable Object>> values) {
        return new JdbcStatement<>(sql, values);
    }

    /// Null stands for NULL.
    public static List<@Nullable Object> values(@Nullable Object... values) {
        return Arrays.asList(values);
    }

    Row row(StreamRecord<K, V> record) {
        return new Row(sql, values.apply(record));
    }
}
