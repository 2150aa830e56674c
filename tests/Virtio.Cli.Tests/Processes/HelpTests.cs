namespace Virtio.Cli.Tests.Processes;

public class HelpTests
{
    [Theory]
    [InlineData("probe", "--help")]
    [InlineData("run", "--disk <path|URL|mem:SIZE[,ro][,id=NAME]>", "run", "--help")]
    [InlineData("guest image", "software processor", "probe")]
    [InlineData("Says what this host can do", "probe", "probe", "--help")]
    [InlineData("0.1.0", "", "--version")]
    public async Task Help_and_findings_go_to_standard_output(string expected, string alsoExpected, params string[] arguments)
    {
        (int status, string output, string error) = await CommandProcess.RunAsync(arguments.Length == 0 ? [alsoExpected] : arguments);

        Assert.Contains(expected, output);
        if (arguments.Length > 0)
            Assert.Contains(alsoExpected, output);
        Assert.Equal("", error);
        Assert.Equal(ExitStatus.Success, status);
    }
}
