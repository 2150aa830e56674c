using System.Globalization;
using System.Text;

namespace Virtio.Testing.Guest;

/// <summary>
/// Speaks with the agent of the guest image over a console or another port. The agent runs one script at a time and answers with exit
/// status and output. For one caller at a time.
/// </summary>
internal sealed class GuestAgent(Stream toGuest, Stream fromGuest)
{
    /// <summary>Name of the port that the agent uses in a guest of <see cref="LinuxGuest"/>.</summary>
    internal const string PortName = "virtio.agent";

    private readonly byte[] _one = new byte[1];

    internal async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (await ReadLineAsync(cancellationToken).ConfigureAwait(false) != "READY")
        {
        }
    }

    internal async Task<GuestResult> RunAsync(string script, CancellationToken cancellationToken)
    {
        byte[] body = Encoding.UTF8.GetBytes(script);
        byte[] head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"RUN {body.Length}\n"));
        await toGuest.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        await toGuest.WriteAsync(body, cancellationToken).ConfigureAwait(false);
        await toGuest.FlushAsync(cancellationToken).ConfigureAwait(false);

        string[] answer = (await ReadLineAsync(cancellationToken).ConfigureAwait(false)).Split(' ');
        if (answer is not ["DONE", var status, var length])
            throw new GuestScriptException($"the guest's agent answered '{string.Join(' ', answer)}' instead of DONE");
        byte[] output = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await fromGuest.ReadExactlyAsync(output, cancellationToken).ConfigureAwait(false);
        return new GuestResult(int.Parse(status, CultureInfo.InvariantCulture), Encoding.UTF8.GetString(output));
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            await fromGuest.ReadExactlyAsync(_one, cancellationToken).ConfigureAwait(false);
            if (_one[0] == '\n')
                return line.ToString();
            if (_one[0] != '\r')
                line.Append((char)_one[0]);
        }
    }
}
