package io.chapar.cli;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/// Scripts with which a shell completes `chapar`: its commands, their options, and the values of those that have a few.
///
/// A script goes through the words before the cursor. A word that, behind those found so far, names a command becomes
/// part of the path; what follows depends on the path alone. So options and their values may stand between the words.
final class Completion {
    /// With where a package installs the script, below `share`.
    enum Shell {
        bash("bash-completion/completions/chapar"),
        zsh("zsh/site-functions/_chapar"),
        fish("fish/vendor_completions.d/chapar.fish");

        private final String installed;

        Shell(String installed) {
            this.installed = installed;
        }

        String installed() {
            return installed;
        }
    }

    /// @param path the words behind `chapar`, with a blank between them
    private record Place(String path, CommandLine command) {
        Map<String, String> commands() {
            Map<String, String> all = new LinkedHashMap<>();
            command.getSubcommands().forEach((name, sub) -> {
                if (!sub.getCommandSpec().usageMessage().hidden()) {
                    all.put(name, firstSentence(sub.getCommandSpec().usageMessage().description()));
                }
            });
            return all;
        }

        List<OptionSpec> options() {
            CommandSpec spec = command.getCommandSpec();
            return spec.options().stream().filter(option -> !option.hidden()).toList();
        }
    }

    private Completion() {
    }

    static String script(Shell shell, CommandLine chapar) {
        List<Place> places = new ArrayList<>();
        collect("", chapar, places);
        return switch (shell) {
            case bash -> bash(places);
            case zsh -> zsh(places);
            case fish -> fish(places);
        };
    }

    private static void collect(String path, CommandLine command, List<Place> places) {
        places.add(new Place(path, command));
        command.getSubcommands().forEach((name, sub) ->
                collect(path.isEmpty() ? name : path + " " + name, sub, places));
    }

    /// In the two shells whose `case` looks the same: sets `at` to the command that the words name.
    private static String walk(List<Place> places, String words) {
        StringJoiner known = new StringJoiner("|");
        places.stream().filter(place -> !place.path.isEmpty()).forEach(place -> known.add("'" + place.path + "'"));
        return """
                  local word at=
                  for word in %s; do
                    case "${at:+$at }$word" in
                      %s)
                        at="${at:+$at }$word" ;;
                    esac
                  done
                """.formatted(words, known);
    }

    private static String bash(List<Place> places) {
        StringBuilder script = new StringBuilder("""
                # Completion of chapar for bash:  source <(chapar completion bash)
                _chapar() {
                  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
                """);
        script.append(walk(places, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\""));
        script.append("  case $prev in\n");
        values(places).forEach((names, values) -> script.append("    ").append(names.replace(' ', '|'))
                .append(") COMPREPLY=($(compgen -W '").append(values).append("' -- \"$cur\")); return ;;\n"));
        script.append("  esac\n  case $at in\n");
        for (Place place : places) {
            StringJoiner words = new StringJoiner(" ");
            place.commands().keySet().forEach(words::add);
            place.options().forEach(option -> words.add(option.longestName()));
            script.append("    '").append(place.path).append("') words='").append(words).append("' ;;\n");
        }
        return script.append("""
                  esac
                  COMPREPLY=($(compgen -W "$words" -- "$cur"))
                  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
                }
                complete -F _chapar chapar
                """).toString();
    }

    private static String zsh(List<Place> places) {
        StringBuilder script = new StringBuilder("""
                #compdef chapar
                # Completion of chapar for zsh:  source <(chapar completion zsh)
                _chapar() {
                  local -a all
                """);
        script.append(walk(places, "\"${(@)words[2,CURRENT-1]}\""));
        script.append("  case ${words[CURRENT-1]} in\n");
        values(places).forEach((names, values) -> script.append("    ").append(names.replace(' ', '|'))
                .append(") compadd -- ").append(values).append("; return ;;\n"));
        script.append("  esac\n  case $at in\n");
        for (Place place : places) {
            script.append("    '").append(place.path).append("') all=(");
            place.commands().forEach((name, description) -> script.append("\n      ")
                    .append(quoted(name + ":" + description.replace(":", "\\:"))));
            place.options().forEach(option -> script.append("\n      ")
                    .append(quoted(option.longestName() + ":" + description(option).replace(":", "\\:"))));
            script.append(") ;;\n");
        }
        return script.append("""
                  esac
                  _describe chapar all || _files
                }
                if [ "$funcstack[1]" = _chapar ]; then _chapar "$@"; else compdef _chapar chapar; fi
                """).toString();
    }

    private static String fish(List<Place> places) {
        StringJoiner known = new StringJoiner(" ");
        places.stream().filter(place -> !place.path.isEmpty()).forEach(place -> known.add("'" + place.path + "'"));
        StringBuilder script = new StringBuilder("""
                # Completion of chapar for fish:  chapar completion fish | source
                function __chapar_at
                  set -l path
                  for word in (commandline -opc)[2..]
                    set -l next (string trim -- "$path $word")
                    if contains -- "$next" $argv[2..]
                      set path $next
                    end
                  end
                  test "$path" = "$argv[1]"
                end
                """);
        script.append("set -g __chapar_paths ").append(known).append('\n');
        for (Place place : places) {
            String here = "complete -c chapar -n \"__chapar_at '" + place.path + "' \\$__chapar_paths\"";
            place.commands().forEach((name, description) -> script.append(here).append(" -f -a ").append(name)
                    .append(" -d ").append(quotedForFish(description)).append('\n'));
            for (OptionSpec option : place.options()) {
                script.append(here);
                for (String name : option.names()) {
                    script.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("^-+", ""));
                }
                Iterable<String> values = option.completionCandidates();
                script.append(option.arity().max() == 0 ? "" : " -r");
                script.append(values == null || option.arity().max() == 0 ? ""
                        : " -f -a " + quotedForFish(String.join(" ", values)));
                script.append(" -d ").append(quotedForFish(description(option))).append('\n');
            }
        }
        return script.toString();
    }

    /// The names of an option, and the few values that it has.
    private static Map<String, String> values(List<Place> places) {
        Map<String, String> all = new LinkedHashMap<>();
        for (Place place : places) {
            for (OptionSpec option : place.options()) {
                Iterable<String> values = option.completionCandidates();
                if (values != null && option.arity().max() > 0) {
                    all.putIfAbsent(String.join(" ", option.names()), String.join(" ", values));
                }
            }
        }
        return all;
    }

    private static String description(OptionSpec option) {
        return Manual.plain(firstSentence(option.description()), option);
    }

    private static String firstSentence(String[] description) {
        String all = String.join(" ", description);
        int end = all.indexOf(". ");
        return end < 0 ? all.replaceFirst("\\.$", "") : all.substring(0, end);
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private static String quotedForFish(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
