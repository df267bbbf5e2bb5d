# Aboard: the API and the worker are one image, with two commands. The servers that `aboard up` starts are not in it.
FROM python:3.11-slim-bookworm AS packages
COPY locks/app.txt /locks/app.txt
RUN python -m venv /opt/aboard \
 && /opt/aboard/bin/pip install --no-cache-dir --no-deps --require-hashes -r /locks/app.txt

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --create-home --home-dir /var/lib/aboard --shell /usr/sbin/nologin aboard
COPY --from=packages /opt/aboard /opt/aboard
COPY onboarding /srv/aboard/onboarding
COPY records /srv/aboard/records
COPY kyc /srv/aboard/kyc
COPY activities /srv/aboard/activities
COPY workflows /srv/aboard/workflows
COPY api /srv/aboard/api
COPY run /srv/aboard/run
RUN python -m compileall -q /srv/aboard
ENV PATH=/opt/aboard/bin:$PATH PYTHONPATH=/srv/aboard PYTHONUNBUFFERED=1 ABOARD_HOME=/var/lib/aboard/home
USER aboard
WORKDIR /var/lib/aboard
VOLUME /var/lib/aboard
ENTRYPOINT ["python", "-m"]
CMD ["run.server"]
