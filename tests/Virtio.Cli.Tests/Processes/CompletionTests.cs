using System.Runtime.Versioning;
using Virtio.Cli.Completion;

namespace Virtio.Cli.Tests.Processes;

/// <summary>The completion scripts, run in their shells.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CompletionTests : IDisposable
{
    private const string Bash =
        "source \"$1\"; shift; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _virtio; printf '%s\\n' \"${COMPREPLY[@]}\"";

    // Stands in for zsh's own completion functions, so that the test needs no terminal.
    private const string Zsh =
        """
        compdef() { }
        compset() { PREFIX=${PREFIX#*:} }
        compadd() { [[ $1 != -- ]] || shift; print -l -- "$@" }
        _describe() { [[ $1 != -o ]] || shift; local -a all=("${(@P)2}"); print -l -- "${all[@]%%:*}" }
        _files() { print -l -- $PREFIX*(N) }
        source "$1"
        shift
        words=("$@") CURRENT=$# PREFIX=${@[-1]}
        _virtio
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("virtio-completion-").FullName;

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            (string Line, string Expected)[] cases =
            [
                ("virtio r", "run"),
                ("virtio --", "--help --version"),
                ("virtio run --mach", "--machine"),
                ("virtio run --machine ", "auto kvm software"),
                ("virtio run --disk a.img --c", "--console --cmdline --cpus"),
                ("virtio run --console ", "file: stdio unix:"),
                ("virtio serve ", "block console entropy"),
                ("virtio serve block --socket", "--socket --socket-group --socket-mode --socket-path"),
                ("virtio serve block --packed o", "off on"),
                ("virtio completion ", "bash fish zsh"),
                ("virtio help r", "rings run"),
                ("virtio run --kernel FOLDER/Im", "FOLDER/Image"),
                ("virtio serve block FOLDER/Im", "FOLDER/Image"),
            ];
            var data = new TheoryData<string, string, string>();
            foreach (string shell in (string[])["bash", "zsh", "fish"])
            {
                foreach ((string line, string expected) in cases)
                    data.Add(shell, line, expected);
            }

            return data;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Words_are_completed(string shell, string line, string expected)
    {
        string? program = ((string[])["/bin/", "/usr/bin/"]).Select(folder => folder + shell).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, $"{shell} is needed, from the package {shell}");
        File.WriteAllText(Path.Combine(_folder, "Image"), "");
        string script = Path.Combine(_folder, "script");
        (int status, string text, _) = await CommandProcess.RunAsync("completion", shell);
        Assert.Equal(ExitStatus.Success, status);
        File.WriteAllText(script, text);
        line = line.Replace("FOLDER", _folder, StringComparison.Ordinal);
        string last = line.Split(' ')[^1];

        (string output, string error) = shell switch
        {
            "bash" => await Shells.RunAsync(program, ["--norc", "-c", Bash, "bash", script, .. line.Split(' ')]),
            "zsh" => await Shells.RunAsync(program, ["-f", "-c", Zsh, "zsh", script, .. line.Split(' ')]),
            _ => await Shells.RunAsync(program, "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, line),
        };

        Assert.Equal("", error);
        IEnumerable<string> candidates = output.Split('\n').Select(candidate => candidate.Split('\t')[0])
            .Where(candidate => candidate.Length > 0 && candidate.StartsWith(last, StringComparison.Ordinal));
        string[] wanted = expected.Replace("FOLDER", _folder, StringComparison.Ordinal).Split(' ');

        // Some shells also offer the files of the current folder.
        Assert.Equal(
            wanted.Order(),
            candidates.Distinct().Where(candidate => last.Length > 0 || !File.Exists(candidate) && !Directory.Exists(candidate)).Order());
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Every_command_and_every_option_is_in_the_script(string shell)
    {
        (_, string script, _) = await CommandProcess.RunAsync("completion", shell);
        foreach (CompletionNode node in CompletionTree.Of(VirtioCommand.Create()))
        {
            Assert.Contains(node.Path, script);
            Assert.All(
                node.Options.SelectMany(option => option.Names).Where(name => name.StartsWith("--", StringComparison.Ordinal)),
                name => Assert.Contains(shell == "fish" ? "-l " + name[2..] : name, script));
        }
    }
}
