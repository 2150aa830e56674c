using System.CommandLine;
using System.Text.Json;
using Virtio.Cli.Help;
using Virtio.Vmm;

namespace Virtio.Cli.Tests.Processes;

public class HelpTests
{
    public static TheoryData<string> Everything =>
        [
            .. Commands(VirtioCommand.Create()).Select(HelpPrinter.PathOf).Select(path => path["virtio".Length..].Trim()),
            .. HelpTopics.All.Select(topic => topic.Name),
        ];

    [Theory]
    [InlineData("probe", "--help")]
    [InlineData("-m, --memory SIZE", "--disk PATH|URL|mem:SIZE[,OPTION]...", "run", "--help")]
    [InlineData("auto|kvm|software", "1 to 32 on kvm, 1 to 8", "run", "--help")]
    [InlineData("a Unix socket that the command\n", "listens at", "run", "--help")]
    [InlineData("guest image", "software processor", "probe")]
    [InlineData("says what this host can do", "--json", "probe", "--help")]
    [InlineData("0.1.0", "", "--version")]
    [InlineData("0.1.0", "", "version")]
    [InlineData("virtio run [OPTIONS]", "--timeout DURATION", "help", "run")]
    [InlineData("virtio serve block [OPTIONS]", "--socket-mode MODE", "help", "serve", "block")]
    [InlineData("packed=on|off", "queue-size=COUNT", "help", "rings")]
    [InlineData("Ctrl-A h", "Ctrl-A x", "help", "keys")]
    [InlineData("Commands:", "Topics:", "help")]
    [InlineData("--socket, --socket-path PATH", "--blk-file DISK", "serve", "block", "--help")]
    [InlineData("""{"type": "block", "features": ["read-only", "blk-file"]}""", "\n", "serve", "block", "--print-capabilities")]
    [InlineData(
        """{"type": "console"}""",
        "\n",
        "serve", "console", "--print-capabilities", "--socket", "/no/such/folder/socket", "tty", "--frob")]
    [InlineData("--poll MICROSECONDS|off", "1 to 1000000", "serve", "entropy", "--help")]
    [InlineData("""{"type": "rng"}""", "\n", "serve", "entropy", "--print-capabilities")]
    public async Task Help_and_findings_go_to_standard_output(string expected, string alsoExpected, params string[] arguments)
    {
        (int status, string output, string error) = await CommandProcess.RunAsync(arguments.Length == 0 ? [alsoExpected] : arguments);

        Assert.Contains(expected, output);
        if (arguments.Length > 0)
            Assert.Contains(alsoExpected, output);
        Assert.DoesNotContain('\u001b', output);
        Assert.Equal("", error);
        Assert.Equal(ExitStatus.Success, status);
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Help_fits_80_columns(string subject)
    {
        var output = new StringWriter();
        Command root = VirtioCommand.Create();
        ParseResult result = root.Parse(
            ["help", .. subject.Split(' ', StringSplitOptions.RemoveEmptyEntries)], VirtioCommand.Configuration);
        Assert.Empty(result.Errors);

        Assert.Equal(
            ExitStatus.Success,
            result.Invoke(new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false }));

        Assert.NotEqual("", output.ToString());
        Assert.DoesNotContain(output.ToString().Split('\n'), line => line.Length > 80);
    }

    [Fact]
    public void Descriptions_are_in_one_style()
    {
        foreach (Command command in Commands(VirtioCommand.Create()))
        {
            IEnumerable<string?> texts =
            [
                command.Description,
                .. command.Options.Select(option => option.Description),
                .. command.Arguments.Select(argument => argument.Description),
            ];
            Assert.All(texts, text =>
            {
                Assert.False(string.IsNullOrEmpty(text), command.Name);
                Assert.False(char.IsUpper(text[0]) || text.EndsWith('.'), text);
            });
        }
    }

    [Fact]
    public async Task The_probe_says_of_KVM_what_the_choice_of_a_machine_goes_by()
    {
        (_, string output, _) = await CommandProcess.RunAsync("probe");

        string finding = output.Split('\n').Single(line => line.StartsWith("KVM ", StringComparison.Ordinal));
        Assert.Contains(MicroVmMachineChoice.For().Machine == MicroVmMachine.Kvm ? " yes: x86-64, up to 32 processors" : " no: ", finding);
    }

    [Fact]
    public async Task The_probe_is_JSON_for_programs()
    {
        (int status, string output, _) = await CommandProcess.RunAsync("probe", "--json");

        using JsonDocument report = JsonDocument.Parse(output);
        JsonElement root = report.RootElement;
        bool hasKvm = MicroVmMachineChoice.For().Machine == MicroVmMachine.Kvm;
        Assert.Equal(hasKvm ? "kvm" : "software", root.GetProperty("machine").GetString());
        Assert.Equal(hasKvm, root.GetProperty("kvm").GetProperty("usable").GetBoolean());
        Assert.Equal(MicroVmOptions.MaxSoftwareProcessorCount, root.GetProperty("software").GetProperty("maximumProcessors").GetInt32());
        Assert.Equal(GuestImage.TryFind() is not null, root.GetProperty("guestImage").GetProperty("found").GetBoolean());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("terminal").ValueKind);
        Assert.True(root.GetProperty("memory").GetInt64() > 0);
        Assert.Equal(ExitStatus.Success, status);
    }

    [Theory]
    [InlineData("\"$0\" help | head -n 1; echo ${PIPESTATUS[0]}", "virtual machines and virtio devices written in C#\n0\n", "")]
    [InlineData("\"$0\" help >&-; echo $?", "0\n", "")]
    [InlineData("\"$0\" help >/dev/full; echo $?", "1\n", "virtio: cannot write to standard output: No space left on device\n")]
    [InlineData("\"$0\" version <&- | wc -l", "1\n", "")]
    public async Task Output_that_is_not_taken_is_no_crash(string script, string expected, string expectedError)
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "bash is needed");
        (string output, string error) = await Shells.RunAsync("/bin/bash", "-c", script, CommandProcess.ExecutablePath);
        Assert.Equal((expected, expectedError), (output, error));
    }

    private static IEnumerable<Command> Commands(Command command) => command.Subcommands.SelectMany(Commands).Prepend(command);
}
