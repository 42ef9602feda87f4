package io.chapar.dist;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The formula for Homebrew, read: it names the archive that was built, and what is in it.
@Tag("nightly")
final class FormulaIT {
    private static final Pattern INSIDE = Pattern.compile("libexec/\"([^\"]+)\"");

    @TempDir
    private Path folder;

    @Test
    void itNamesTheArchiveAndWhatIsInIt() throws Exception {
        Path archive = Archives.file("-portable.tar.gz");
        String formula = Files.readString(Archives.file("chapar.rb"));
        assertFalse(formula.contains("@"), formula);
        assertTrue(formula.contains("/" + archive.getFileName() + "\""), formula);
        String sum = Archives.run(folder, "sha256sum", archive.toString()).split(" ", 2)[0];
        assertTrue(formula.contains("sha256 \"" + sum + "\""), formula);
        Archives.unpack(archive, folder);
        List<String> paths = INSIDE.matcher(formula).results().map(MatchResult::group)
                .map(found -> found.substring(9, found.length() - 1)).toList();
        assertEquals(5, paths.size(), paths::toString);
        for (String path : paths) {
            Path inside = Archives.home(folder).resolve(path.replaceFirst("/\\*$", ""));
            assertTrue(Files.exists(inside), path);
        }
    }

    @Test
    void itIsRuby() {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/ruby")), "SKIPPED: ruby is not installed");
        assertTrue(Archives.run(folder, "ruby", "-c", Archives.file("chapar.rb").toString()).contains("Syntax OK"));
    }
}
