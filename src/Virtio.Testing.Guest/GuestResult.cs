namespace Virtio.Testing.Guest;

/// <summary>The output and the exit status of a script in the guest.</summary>
/// <param name="ExitStatus">The exit status: 0 for success.</param>
/// <param name="Output">Standard output and standard error of the script.</param>
public sealed record GuestResult(int ExitStatus, string Output)
{
    /// <summary>The output without the white space around it.</summary>
    public string Text => Output.Trim();
}
