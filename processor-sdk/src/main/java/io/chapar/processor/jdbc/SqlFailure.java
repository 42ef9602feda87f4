package io.chapar.processor.jdbc;

import org.jspecify.annotations.Nullable;

import java.sql.SQLException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientException;
import java.util.Set;

/// What a failed call to a database means, by its SQLSTATE; names and numbers are those of the SQL standard, of
/// PostgreSQL and of H2.
enum SqlFailure {
    /// The values of one row: a constraint, a length, a type, what a trigger says.
    ROW,
    /// The statement itself, with any values; or a permission that is missing.
    STATEMENT,
    /// A table is not there.
    NO_TABLE,
    /// A column is not there.
    NO_COLUMN,
    /// A schema is not there, or there is none to make a table in.
    NO_SCHEMA,
    /// Another transaction, a lock, a limit, or the connection: the same may go well later.
    TRANSIENT,
    /// The database does not let this user in.
    ACCESS;

    private static final Set<String> TABLE_MISSING = Set.of("42P01", "42S02", "42S03", "42S04");
    /// The second one is H2's.
    private static final Set<String> SCHEMA_MISSING = Set.of("3F000", "90079");
    private static final Set<String> COLUMN_MISSING = Set.of("42703", "42S22");
    /// Types that do not go together hang on the values that were given.
    private static final Set<String> OF_VALUES = Set.of("42804", "42846", "P0001");
    private static final Set<String> OF_ACCESS = Set.of("3D000", "42501");
    private static final String UNKNOWN_AT_END = "40003";

    static SqlFailure of(SQLException failure) {
        String state = failure.getSQLState() == null ? "" : failure.getSQLState();
        if (TABLE_MISSING.contains(state)) {
            return NO_TABLE;
        }
        if (COLUMN_MISSING.contains(state)) {
            return NO_COLUMN;
        }
        if (SCHEMA_MISSING.contains(state)) {
            return NO_SCHEMA;
        }
        if (OF_ACCESS.contains(state) || state.startsWith("28")) {
            return ACCESS;
        }
        if (OF_VALUES.contains(state)) {
            return ROW;
        }
        boolean transientType = failure instanceof SQLTransientException || failure instanceof SQLTimeoutException
                || failure instanceof SQLRecoverableException || failure instanceof SQLNonTransientConnectionException;
        return transientType ? TRANSIENT : switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "07", "21", "22", "23", "27", "44", "45", "54" -> ROW;
            case "0A", "42" -> STATEMENT;
            // H2's own numbers: 90012, a value that is missing.
            case "90" -> state.equals("90012") ? ROW : TRANSIENT;
            default -> TRANSIENT;
        };
    }

    /// What is not there, for people; null when it is something else.
    @Nullable String missing() {
        return switch (this) {
            case NO_TABLE -> "table";
            case NO_COLUMN -> "column";
            case NO_SCHEMA -> "schema";
            case ROW, STATEMENT, TRANSIENT, ACCESS -> null;
        };
    }

    /// Whether a commit that was answered with this was rolled back for certain: the database said no, for a reason
    /// that it only finds at the end. Anything else, and no answer above all, leaves the outcome open.
    static boolean isRolledBack(SQLException atCommit) {
        String state = atCommit.getSQLState() == null ? "" : atCommit.getSQLState();
        return state.startsWith("23") || (state.startsWith("40") && !state.equals(UNKNOWN_AT_END));
    }

    /// Whether this refusal at a commit is about some row of it.
    static boolean isDeferredConstraint(SQLException atCommit) {
        return atCommit.getSQLState() != null && atCommit.getSQLState().startsWith("23");
    }
}
