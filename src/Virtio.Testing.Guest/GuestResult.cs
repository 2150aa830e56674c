namespace Virtio.Testing.Guest;

/// <summary>What a script in the guest said and how it ended.</summary>
/// <param name="ExitStatus">Its exit status: 0 for success.</param>
/// <param name="Output">What it wrote on standard output and standard error.</param>
public sealed record GuestResult(int ExitStatus, string Output)
{
    /// <summary>The output without the white space around it.</summary>
    public string Text => Output.Trim();
}
