package io.chapar.processor.jdbc;

import io.chapar.client.UsageException;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;

/// A table that the application makes for itself, or finds. SQL that PostgreSQL and H2 both take, and most others.
///
/// @param columns the numbers among them are told by `numbers`
record OwnTable(String name, List<String> columns, List<String> numbers, String create) {
    private static final List<Integer> WHOLE = List.of(Types.BIGINT, Types.INTEGER);

    /// Outside of a transaction. Two who create it at the same time may get in each other's way: then it is there.
    void prepare(Connection connection) throws SQLException {
        try {
            validate(connection);
        } catch (SQLException e) {
            if (SqlFailure.of(e) != SqlFailure.NO_TABLE) {
                throw e;
            }
            make(connection);
            validate(connection);
        }
    }

    private void make(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(create);
        } catch (SQLException e) {
            if (SqlFailure.of(e) == SqlFailure.ACCESS) {
                throw new UsageException("Table " + name + " is not there and this user of the database may not create"
                        + " it (" + e.getMessage() + "). Somebody who may has to run: " + create);
            }
            if (SqlFailure.of(e) == SqlFailure.NO_SCHEMA) {
                throw new UsageException("Table " + name + " is not there, and there is no schema to make it in ("
                        + e.getMessage() + "): name one in the connection's settings, which this user may make tables"
                        + " in");
            }
            if (SqlFailure.of(e) == SqlFailure.TRANSIENT) {
                throw e;
            }
        }
    }

    private void validate(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("SELECT " + String.join(", ", columns) + " FROM " + name
                        + " WHERE 1 = 0")) {
            for (String number : numbers) {
                int column = columns.indexOf(number) + 1;
                if (!WHOLE.contains(none.getMetaData().getColumnType(column))) {
                    throw new UsageException("Column " + number + " of table " + name + " is "
                            + none.getMetaData().getColumnTypeName(column) + ", not a whole number: it was not made by"
                            + " this version. As it has to be: " + create);
                }
            }
        } catch (SQLException e) {
            if (SqlFailure.of(e) == SqlFailure.NO_COLUMN) {
                throw new UsageException("Table " + name + " does not have the columns " + String.join(", ", columns)
                        + ": " + e.getMessage() + ". As it has to be: " + create);
            }
            throw e;
        }
    }

    /// [UsageException] when an update by the whole key is not one of one row.
    void requireOne(Object row, int count) {
        if (count != 1) {
            throw new UsageException("An update of the row of " + row + " in " + name + " is said to have changed "
                    + count + " rows: the table has no primary key, or the driver does not count. As it has to be: "
                    + create);
        }
    }
}
