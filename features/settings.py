"""One ``Settings`` object, read once by an entry point and passed down.

Every field can be set in the environment: ``BROADSHEET_DATABASE_URL=…``, and the groups with two underscores:
``BROADSHEET_SERVING__PORT=9000``.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class IngestSettings(_Group):
    """Caps on untrusted input and the manners of the clients."""

    max_decompressed_bytes: Count = Field(2 * 1024**3, description="Largest size a .gz may unpack to.")
    max_compression_ratio: Positive = Field(200.0, description="Largest ratio of unpacked to packed size of a .gz.")
    max_row_bytes: Count = Field(1024**2, description="Longest line of a JSON Lines or CSV file.")
    max_response_bytes: Count = Field(64 * 1024**2, description="Largest answer taken from an outside service.")
    batch_size: Count = Field(400, description="Papers recorded together during ingest.")
    request_interval_seconds: float = Field(3.0, ge=0, description="Least time between two requests to one service.")
    request_timeout_seconds: Positive = Field(60.0, description="Longest wait for one answer.")
    request_attempts: Count = Field(5, description="Tries of one request before the source counts as failed.")
    backoff_seconds: Positive = Field(3.0, description="First wait of the exponential backoff between tries.")
    max_retry_after_seconds: Positive = Field(600.0, description="Longest Retry-After that is obeyed by waiting.")
    user_agent: str = Field("broadsheet/0.1", description="How the clients name themselves to outside services.")
    arxiv_api_url: str = Field("https://export.arxiv.org/api/query", description="arXiv API, Atom answers.")
    arxiv_feed_url: str = Field("https://rss.arxiv.org", description="arXiv daily feeds; /rss/ and /atom/ below it.")
    arxiv_oai_url: str = Field("https://oaipmh.arxiv.org/oai", description="arXiv OAI-PMH base URL.")
    huggingface_url: str = Field("https://huggingface.co/api/daily_papers", description="Daily papers API.")
    zotero_url: str = Field("https://api.zotero.org", description="Zotero web API, version 3.")
    max_examples: Count = Field(5000, description="Most papers of a library that a reader brings at once.")


class LabelSettings(_Group):
    """How interactions become weighted examples (``features.labels``)."""

    save_weight: Positive = Field(1.0, description="Weight of a saved paper as a positive.")
    pick_weight: Positive = Field(1.0, description="Weight of an imported pick as a positive.")
    rate_up_weight: Positive = Field(1.5, description="Weight of a paper rated up.")
    open_weight: Positive = Field(0.3, description="Weight of an opened paper as a positive.")
    dismiss_weight: Positive = Field(1.0, description="Weight of a dismissed paper as a negative.")
    rate_down_weight: Positive = Field(1.5, description="Weight of a paper rated down as a negative.")
    half_life_days: Positive = Field(
        180.0, description="An example this much older than the user's newest one weighs half."
    )


class EncoderSettings(_Group):
    """TF-IDF + LSA, and the optional sentence encoder joined to it."""

    max_features: Count = Field(200_000, description="Largest vocabulary of the TF-IDF encoder.")
    projected_terms: Count = Field(20_000, description="Terms, the most used, that latent semantic analysis reads.")
    min_df: Count = Field(2, description="Fewest papers a term must stand in.")
    max_df: float = Field(0.1, gt=0, le=1, description="Largest share of papers a term may stand in.")
    ngrams: int = Field(2, ge=1, le=2, description="1 for single words as terms, 2 for pairs of neighbours as well.")
    dimensions: Count = Field(256, description="Dimensions of latent semantic analysis.")
    blocks: tuple[Literal["text", "tags", "citations"], ...] = Field(
        ("text",), min_length=1, description="What of a paper is read: text, tags (categories, keywords), citations."
    )
    tags_weight: Positive = Field(0.2, description="Weight of the tags beside the text, which weighs 1.")
    citations_weight: Positive = Field(0.2, description="Weight of the citations beside the text, which weighs 1.")
    onnx_path: Path | None = Field(None, description="Folder with model.onnx and tokenizer.json to join, if any.")
    onnx_sha256: str | None = Field(None, description="SHA-256 the ONNX model must have, checked at load.")
    max_age_days: Count = Field(30, description="An encoder whose cut is older than this is not reused by retrain.")

    @property
    def weights(self) -> dict[str, float]:
        """The blocks that are read, in their order, each with its weight."""
        weights = {"text": 1.0, "tags": self.tags_weight, "citations": self.citations_weight}
        return {block: weight for block, weight in weights.items() if block in self.blocks}


class RelevanceSettings(_Group):
    """The per-user relevance classifiers."""

    regularization: Positive = Field(0.5, description="L2 penalty of the weights.")
    background_size: Count = Field(5000, description="Unlabelled papers in the shared sample of weak negatives.")
    background_weight: Positive = Field(10.0, description="Total weight of that sample; a user's positives weigh 1.")
    hard_negatives: int = Field(200, ge=0, description="Background papers next to what a user chose that weigh more.")
    hard_weight: Positive = Field(1.5, description="Total weight added to a user's hard negatives.")


class SlateSettings(_Group):
    """The first places of a slate (``models.diversity``)."""

    diversity: float = Field(0.5, ge=0, description="What a paper's margin loses beside its own copy; 0 turns it off.")
    interest_shares: float = Field(
        1.0, ge=0, description="How strongly each of a user's interests is given its share; 0 turns it off."
    )
    subject_shares: float = Field(
        2.0,
        ge=0,
        description="The same for subjects: interests with nothing in common; 0 turns it off.",
    )


class TrainingSettings(_Group):
    """Retrain and its own evaluation."""

    evaluation_days: Count = Field(20, description="Days at the end of the corpus that the replay ranks.")
    refit_days: Count = Field(7, description="Days between two refits of users' classifiers during replay.")
    window_days: Count = Field(20, description="Complete days before a fit on which the blend of evidence learns.")
    min_labels: Count = Field(3, description="Earlier labels a user needs to be counted in the replay.")
    sentences_file: Path | None = Field(None, description="CSV of abstracts with marked sentences, to highlight such.")
    topic_min_papers: Count = Field(50, description="Papers a category or keyword needs to become a topic.")


class GateSettings(_Group):
    """When a challenger may become champion (``training.gate``)."""

    min_users: Count = Field(30, description="Fewest users on whom two models, or a group of users, are compared.")
    max_uncertainty: Positive = Field(
        0.1, description="Widest distance from the relative loss of nDCG@10 to its upper bound that is evidence."
    )
    ndcg_margin: float = Field(0.02, ge=0, description="Relative loss of nDCG@10 that still passes.")
    few_labels: Count = Field(5, description="Users with fewer labels are compared by themselves as well.")
    few_labels_margin: float = Field(0.05, ge=0, description="Relative loss of nDCG@10 of those that still passes.")
    brier_margin: float = Field(0.05, ge=0, description="Relative growth of the Brier score that still passes.")
    latency_margin: float = Field(0.25, ge=0, description="Relative growth of the p95 ranking time that still passes.")


class DriftSettings(_Group):
    """When the newest days are too unlike the days before them (``training.drift``)."""

    newest_days: Count = Field(5, description="Complete days at the end that are compared with those before.")
    window_days: Count = Field(40, description="Complete days before those that they are compared with.")
    min_papers: Count = Field(200, description="Fewest papers of the newest days that are compared at all.")
    terms: Positive = Field(0.05, description="Jensen-Shannon divergence of words, in bits, that is drift.")
    categories: Positive = Field(0.05, description="Jensen-Shannon divergence of first categories that is drift.")
    lost_category: Positive = Field(
        0.2, description="A category of 2 % of the papers or more is lost below this share of what it was."
    )
    scores: Positive = Field(0.1, description="Jensen-Shannon divergence of scores, by deciles, that is drift.")
    volume: Positive = Field(2.5, description="Factor by which papers a day may grow or shrink.")


class ServingSettings(_Group):
    """The HTTP service and its caps."""

    host: str = Field("127.0.0.1", description="Address to bind.")
    port: int = Field(8000, ge=0, le=65535, description="Port to bind.")
    replicas: Count = Field(1, description="Machines that serve the same store; with more than one it is PostgreSQL.")
    workers: Count = Field(1, description="Server processes on this machine; they share one model's memory.")
    insecure_local: bool = Field(False, description="Ask for no tokens; loopback only.")
    max_body_bytes: Count = Field(1024**2, description="Largest request body.")
    max_texts: Count = Field(1000, description="Most texts in one /v1/score request.")
    max_text_bytes: Count = Field(20_000, description="Longest text in one /v1/score request.")
    max_limit: Count = Field(200, description="Most items of one page of recommendations or papers.")
    max_interactions: Count = Field(1000, description="Most rows of one batch of interactions or impressions.")
    requests_per_minute: Count = Field(600, description="Rate limit of one token.")
    alias_poll_seconds: Positive = Field(2.0, description="How often a server looks whether the champion moved.")
    impression_flush_seconds: Positive = Field(1.0, description="Longest time an impression waits in memory.")
    max_feed_age_hours: Positive = Field(96.0, description="Age of the newest fetch at which /readyz turns 503.")
    cached_users_mb: Count = Field(128, description="Megabytes of users' profiles that each server process keeps.")
    cached_papers: Count = Field(20_000, description="Papers that users labelled kept in memory.")
    cached_answers_mb: Count = Field(128, description="Megabytes of answers kept in memory to be given again.")
    cached_models: Count = Field(2, description="Older model versions kept in memory, besides the champion.")
    cached_days: Count = Field(8, description="Days' papers and vectors kept in memory.")
    metrics_public: bool = Field(False, description="Answer /metrics to other machines as well.")
    fetch_submissions: bool = Field(True, description="Ask arXiv for a submitted paper that the store lacks.")
    public_url: str = Field(
        "http://127.0.0.1:8000",
        pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$",
        description="What mailed links and the addresses in feeds begin with.",
    )
    proxies: int = Field(0, ge=0, description="Proxies in front of the service whose X-Forwarded-For is believed.")
    open_registration: bool = Field(True, description="Whether a link mailed to a new address makes an account.")
    session_days: Count = Field(30, description="How long a browser stays signed in.")
    link_minutes: Count = Field(15, description="How long a mailed sign-in link works.")
    links_per_hour: Count = Field(5, description="Links mailed in an hour to one address, and for one IP address.")


class MailSettings(_Group):
    """Where mail goes: a folder, or an SMTP server where one is named."""

    sender: str = Field("broadsheet@localhost", description="Address that mail comes from.")
    sender_name: str = Field("Broadsheet", description="Name beside that address.")
    folder: Path = Field(Path("data/outbox"), description="Folder of .eml files, used where no SMTP server is named.")
    smtp_host: str | None = Field(None, description="SMTP server that mail is handed to.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is encrypted; none is for a server on this machine."
    )
    smtp_ca_file: Path | None = Field(None, description="Certificates the server's is checked against; the system's.")
    smtp_user: str | None = Field(None, description="Name to log in with, if any.")
    smtp_password: SecretStr | None = Field(None, description="Password to log in with.")
    timeout_seconds: Positive = Field(30.0, description="Longest wait for one answer of the server.")
    per_minute: Count = Field(60, description="Most digests handed over in a minute.")
    papers: Count = Field(10, description="Most papers of one digest.")


class DailySettings(_Group):
    """What ``broadsheet daily`` does."""

    categories: str = Field("cs.AI,cs.CL,cs.CV,cs.LG", description="arXiv categories to fetch; none if empty.")
    huggingface: bool = Field(True, description="Whether Hugging Face daily papers are fetched.")
    fetch_days: Count = Field(4, description="Days, up to the day itself, that are fetched: a weekend and one more.")
    retrain_days: Count = Field(7, description="Days from one good retrain to the next.")


class ClusterSettings(_Group):
    """The scheduler that shards are given to, where the backend is a cluster's."""

    address: str | None = Field(None, description="Scheduler, as in tcp://127.0.0.1:8786; tls:// off this machine.")
    ca_file: Path | None = Field(None, description="Authority whose certificates scheduler and workers show.")
    cert_file: Path | None = Field(None, description="Our own certificate by that authority.")
    key_file: Path | None = Field(None, description="Its key.")
    timeout_seconds: Positive = Field(30.0, description="Longest wait for the scheduler and for a first worker.")


class Settings(BaseSettings):
    """Everything that can be configured, with defaults that run on one machine."""

    model_config = SettingsConfigDict(env_prefix="BROADSHEET_", env_nested_delimiter="__", frozen=True, extra="ignore")

    database_url: str = Field("sqlite:///data/broadsheet.db", description="SQLAlchemy URL of the store.")
    data_dir: Path = Field(Path("data"), description="Folder of encoders, vectors and the search index.")
    tracking_uri: str = Field("sqlite:///mlruns/mlflow.db", description="MLflow tracking and registry URI.")
    artifact_root: str = Field(
        "mlruns/artifacts",
        description="Folder of MLflow artifacts, or a URL like `s3://bucket/folder`, which takes the extra `[s3]`.",
    )
    experiment: str = Field("broadsheet", description="MLflow experiment of retrains.")
    registered_model: str = Field("broadsheet", description="Name in the MLflow model registry.")
    seed: int = Field(0, ge=0, description="Seed of everything random.")
    jobs: int = Field(2, ge=1, description="Processes for work that is cut into shards, and threads of a fit.")
    backend: str = Field("loky", description="Where those run: loky (this machine) or dask (a cluster).")
    cluster: ClusterSettings = Field(default_factory=ClusterSettings, description="The scheduler of a cluster.")
    ingest: IngestSettings = Field(default_factory=IngestSettings, description="Sources and their caps.")
    labels: LabelSettings = Field(default_factory=LabelSettings, description="Weights of interactions.")
    encoder: EncoderSettings = Field(default_factory=EncoderSettings, description="Text to vectors.")
    relevance: RelevanceSettings = Field(default_factory=RelevanceSettings, description="Users' classifiers.")
    slate: SlateSettings = Field(default_factory=SlateSettings, description="The first places of a slate.")
    training: TrainingSettings = Field(default_factory=TrainingSettings, description="Retrain and evaluation.")
    gate: GateSettings = Field(default_factory=GateSettings, description="Champion and challenger.")
    drift: DriftSettings = Field(default_factory=DriftSettings, description="Changes of the stream.")
    serving: ServingSettings = Field(default_factory=ServingSettings, description="The HTTP service.")
    mail: MailSettings = Field(default_factory=MailSettings, description="Where mail goes.")
    daily: DailySettings = Field(default_factory=DailySettings, description="What is done once a day.")
