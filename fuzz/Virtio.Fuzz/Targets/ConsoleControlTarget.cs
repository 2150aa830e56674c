using Microsoft.Extensions.Logging.Abstractions;
using Virtio.Devices.Console;
using Virtio.Queues;

namespace Virtio.Fuzz.Targets;

/// <summary>
/// The control queues of a console: arbitrary messages in arbitrary chains, while ports are added and removed. The messages to the driver
/// add a port only while it does not exist, and remove it only while it exists (virtio 1.4, 5.3.6.2.1).
/// </summary>
internal sealed class ConsoleControlTarget : IFuzzTarget
{
    private const int MostSteps = 12;
    private const int Ports = 3;
    private const int Room = 128;
    private const ulong Readable = GuestRam.Start + 0x6000;
    private const ulong Writable = GuestRam.Start + 0x7000;

    private readonly GuestRam _ram = new();

    public string Name => "console-control";

    public string Summary => "the control queues of a console";

    public void Run(ReadOnlySpan<byte> bytes)
    {
        var input = new FuzzInput(bytes);
        ConsoleSlot[] slots = [.. Enumerable.Range(0, Ports).Select(number => new ConsoleSlot(number))];
        var control = new ConsoleControl(slots);
        control.Activate(isNegotiated: true, NullLogger.Instance);
        var known = new bool[Ports];
        Add(control);
        for (int step = 0; step < MostSteps && !input.AtEnd; step++)
        {
            _ram.Reset();
            switch (input.Byte() % 8)
            {
                case 0:
                    Add(control);
                    break;
                case 1:
                    if (control.Ports is [_, .., ConsolePort last])
                        control.Remove(last);
                    break;
                case 2:
                    control.Resize(control.Ports[0], input.UInt16(), input.UInt16());
                    break;
                case 3:
                    control.Reset();
                    control.Activate(isNegotiated: true, NullLogger.Instance);
                    known.AsSpan().Clear();
                    break;
                case 4:
                    ReceiveAny(control, ref input);
                    break;
                case 5:
                    Receive(control, ref input);
                    break;
                case 6:
                    SendAny(control, ref input, known);
                    break;
                default:
                    Send(control, ref input, known);
                    break;
            }
        }
    }

    private static void Add(ConsoleControl control)
    {
        if (control.Ports.Length < Ports)
        {
            var options = new ConsolePortOptions { Name = "port", IsConsole = true, Columns = 80, Rows = 25 };
            control.Add(null, slot => new ConsolePort(options, slot.Number, control, () => { }));
        }
    }

    // A message that may be meaningful.
    private void Receive(ConsoleControl control, ref FuzzInput input)
    {
        OneQueue queue = Queue(ref input);
        _ram.Write(Readable, (uint)(input.Byte() % (Ports + 1)) | ((ulong)(input.Byte() % 9) << 32) | ((ulong)(input.Byte() % 2) << 48));
        queue.Offer(Readable, ConsoleMessage.HeaderLength, 1 + (input.Byte() % ConsoleMessage.HeaderLength), Writable, 0, 1);
        Take(control, queue);
    }

    private void ReceiveAny(ConsoleControl control, ref FuzzInput input)
    {
        OneQueue queue = Queue(ref input);
        queue.OfferAny(ref input, readable: 224);
        Take(control, queue);
    }

    private static void Take(ConsoleControl control, OneQueue queue)
    {
        if (queue.Queue.TryDequeue(out DescriptorChain chain))
            control.Receive(chain);
        Check.That(queue.TakeUsed() is null or 0);
        Check.That(queue.Queue.Outstanding == 0);
    }

    private void Send(ConsoleControl control, ref FuzzInput input, bool[] known)
    {
        OneQueue queue = Queue(ref input);
        queue.Offer(Readable, 0, 1, Writable, Room, 1 + (input.Byte() % Room));
        control.Send(queue.Queue);
        uint used = queue.TakeUsed() ?? 0;
        if (used > 0)
            Note(_ram.Read<ulong>(Writable), used, known);
        Check.That(queue.Queue.Outstanding == 0);
    }

    // The buffer may overlap the ring or itself, so its content is not checked: the ports are known again only after a reset.
    private void SendAny(ConsoleControl control, ref FuzzInput input, bool[] known)
    {
        OneQueue queue = Queue(ref input);
        queue.OfferAny(ref input, readable: 32);
        control.Send(queue.Queue);
        Check.That(queue.TakeUsed() is null or 0 or (>= ConsoleMessage.HeaderLength and <= Room));
        Check.That(queue.Queue.Outstanding == 0);
        control.Reset();
        control.Activate(isNegotiated: true, NullLogger.Instance);
        known.AsSpan().Clear();
    }

    private static void Note(ulong header, uint length, bool[] known)
    {
        uint port = (uint)header;
        var what = (ConsoleEvent)(ushort)(header >> 32);
        Check.That(port < Ports && length >= ConsoleMessage.HeaderLength);
        if (what == ConsoleEvent.PortAdd)
            Check.That(!known[port]);
        else
            Check.That(known[port]);
        known[port] = what != ConsoleEvent.PortRemove;
    }

    private OneQueue Queue(ref FuzzInput input) => new(_ram, packed: (input.Byte() & 1) != 0);
}
