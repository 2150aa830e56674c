using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using Virtio.VhostUser;

namespace Virtio.Cli.Serving;

/// <summary>Prints the counters of each queue at each SIGUSR1.</summary>
[SupportedOSPlatform("linux")]
internal sealed class CounterReport : IDisposable
{
    private const PosixSignal Signal = (PosixSignal)10; // SIGUSR1

    private static readonly string[] Titles =
        ["queue", "requests", "bytes", "errors", "malformed", "kicks", "interrupts", "resets", "front-ends"];

    private readonly PosixSignalRegistration _registration;

    /// <summary>Handles the signal from now on; unhandled, it would end the process.</summary>
    internal CounterReport() => _registration = PosixSignalRegistration.Create(Signal, context =>
    {
        context.Cancel = true;
        StandardError.Write(Format([.. Services.Select(service => (service.Place, service.ReadStatistics()))]));
    });

    /// <summary>The devices that are served.</summary>
    internal IReadOnlyList<Service> Services
    {
        private get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    } = [];

    public void Dispose() => _registration.Dispose();

    /// <summary>
    /// Formats a line of titles and a line for each queue. The counters of the whole device are repeated in each of its lines, so that a
    /// line can be read alone.
    /// </summary>
    internal static string Format(IReadOnlyList<(string Place, VhostUserStatistics Counted)> served)
    {
        // The place comes last, because it may be long.
        string[][] lines =
        [
            ["device", .. Titles, "at"],
            .. from device in served
               from queue in device.Counted.Queues.Index()
               select (string[])[$"{device.Counted.Device}", .. Numbers(device.Counted, queue.Index, queue.Item), device.Place],
        ];
        int[] widths = [.. Enumerable.Range(0, lines[0].Length - 1).Select(column => lines.Max(line => line[column].Length)), 0];
        var text = new StringBuilder();
        foreach (string[] line in lines)
        {
            IEnumerable<string> cells = line.Select(
                (cell, column) => column == 0 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append("virtio: ").AppendJoin("  ", cells).Append('\n');
        }

        return text.ToString();
    }

    private static IEnumerable<string> Numbers(VhostUserStatistics device, int index, VhostUserQueueStatistics queue)
    {
        long[] numbers =
        [
            index, queue.Requests, queue.Bytes, queue.Errors, queue.Malformed, queue.Kicks, queue.Interrupts,
            device.Resets, device.Connections,
        ];
        return numbers.Select(number => number.ToString(CultureInfo.InvariantCulture));
    }
}
