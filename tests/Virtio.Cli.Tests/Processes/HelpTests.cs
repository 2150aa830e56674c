using Virtio.Vmm;

namespace Virtio.Cli.Tests.Processes;

public class HelpTests
{
    [Theory]
    [InlineData("probe", "--help")]
    [InlineData("run", "--disk <path|URL|mem:SIZE[,ro][,mapped][,shared][,id=NAME][,packed=off]...>", "run", "--help")]
    [InlineData("guest image", "software processor", "probe")]
    [InlineData("auto|kvm|software", "1 to 32 on kvm and to 8 on software", "run", "--help")]
    [InlineData("Says what this host can do", "probe", "probe", "--help")]
    [InlineData("0.1.0", "", "--version")]
    [InlineData("--socket, --socket-path <path>", "--blk-file <disk>", "serve", "block", "--help")]
    [InlineData("""{"type": "block", "features": ["read-only", "blk-file"]}""", "\n", "serve", "block", "--print-capabilities")]
    [InlineData("""{"type": "console"}""", "\n", "serve", "console", "--print-capabilities", "--socket", "/no/such/folder/socket", "tty", "--frob")]
    [InlineData("--poll <microseconds|off>", "1 to 1000000, or off. Default: ", "serve", "entropy", "--help")]
    [InlineData("""{"type": "rng"}""", "\n", "serve", "entropy", "--print-capabilities")]
    public async Task Help_and_findings_go_to_standard_output(string expected, string alsoExpected, params string[] arguments)
    {
        (int status, string output, string error) = await CommandProcess.RunAsync(arguments.Length == 0 ? [alsoExpected] : arguments);

        Assert.Contains(expected, output);
        if (arguments.Length > 0)
            Assert.Contains(alsoExpected, output);
        Assert.Equal("", error);
        Assert.Equal(ExitStatus.Success, status);
    }

    [Fact]
    public async Task The_probe_says_of_KVM_what_the_choice_of_a_machine_goes_by()
    {
        (_, string output, _) = await CommandProcess.RunAsync("probe");

        string finding = output.Split('\n').Single(line => line.StartsWith("KVM ", StringComparison.Ordinal));
        Assert.Contains(MicroVmMachineChoice.For().Machine == MicroVmMachine.Kvm ? " yes: x86-64, up to 32 processors" : " no: ", finding);
    }
}
